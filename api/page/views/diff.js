import { freshId, h } from '../dom.js';
import { count, counted } from '../format.js';
import { recordList } from './record-list.js';

const GROUPS_SHOWN = 40;

/**
 * The difference by table and by group, each opening to its records. With a `selection` tables, groups and records can be
 * chosen; without one it is only read.
 */
export function diff(ctx, { edit, selection, signal }) {
  const tables = new Map();
  for (const group of edit.groups) tables.set(group.tableId, [...(tables.get(group.tableId) ?? []), group]);
  const sections = [...tables.values()].map((groups) =>
    tableSection(ctx, { edit, groups, selection, signal }),
  );
  const hint =
    selection && 'Everything is chosen. Take out what should stay as it is, by table, group or record.';
  return h(
    'section',
    { class: 'diff', 'aria-labelledby': 'diff-title' },
    h('h2', { id: 'diff-title' }, 'The difference'),
    hint && h('p', { class: 'hint' }, hint),
    sections,
  );
}

function tableSection(ctx, { edit, groups, selection, signal }) {
  const id = freshId('table');
  const keys = groups.map((g) => g.key);
  const total = groups.reduce((n, g) => n + g.count, 0);
  const title = h('h3', { id }, groups[0].tableName);
  const list = h('ul', { class: 'groups' });
  const more = h('button', { type: 'button', class: 'button small', on: { click: () => showMore() } });
  let shown = 0;
  function showMore() {
    const next = groups
      .slice(shown, shown + GROUPS_SHOWN)
      .map((group) => groupItem(ctx, { edit, group, selection, signal }));
    list.append(...next);
    shown += next.length;
    more.textContent = `Show ${count(Math.min(GROUPS_SHOWN, groups.length - shown))} more of ${count(groups.length)} groups`;
    more.hidden = shown >= groups.length;
  }
  showMore();
  const check = selection && groups.length > 1 && triState(selection, keys, `All of ${groups[0].tableName}`);
  return h(
    'section',
    { class: 'table', 'aria-labelledby': id },
    h('div', { class: 'table-head' }, check, title, h('span', { class: 'count' }, counted(total, 'change'))),
    list,
    more,
  );
}

function groupItem(ctx, { edit, group, selection, signal }) {
  const id = freshId('records');
  const name = `${group.fieldName ? `${group.fieldName}, ` : ''}${group.headline}`;
  const body = h('div', { id, class: 'group-body', hidden: true });
  const toggle = h(
    'button',
    {
      type: 'button',
      class: 'button small disclose',
      'aria-expanded': 'false',
      'aria-controls': id,
      'aria-label': `Records: ${name}`,
    },
    'Records',
  );
  toggle.addEventListener('click', () => {
    body.hidden = !body.hidden;
    toggle.setAttribute('aria-expanded', String(!body.hidden));
    if (body.childElementCount > 0) return;
    const choice = selection && {
      has: (ordinal) => selection.has(group.key, ordinal),
      set: (ordinal, chosen) => selection.setChange(group.key, ordinal, chosen),
      onChange: selection.onChange,
    };
    body.append(
      recordList(ctx, {
        edit,
        filter: { group: group.key },
        total: group.count,
        choice,
        sameField: group.fieldId !== null,
        signal,
      }),
    );
  });
  const check = selection && triState(selection, [group.key], `Choose ${name}`);
  return h(
    'li',
    { class: `group ${group.kind}` },
    h(
      'div',
      { class: 'group-head' },
      check,
      h(
        'div',
        { class: 'group-text' },
        group.fieldName && h('span', { class: 'group-field' }, group.fieldName),
        h('span', { class: 'group-line' }, group.headline),
      ),
      toggle,
    ),
    body,
  );
}

/** A checkbox over several changes: ticked, clear, or in between. */
function triState(selection, keys, label) {
  const change = (event) => selection.setGroups(keys, event.target.checked);
  const box = h('input', { type: 'checkbox', class: 'tri', 'aria-label': label, on: { change } });
  const show = () => {
    const chosen = selection.chosen(keys);
    box.checked = chosen === selection.total(keys);
    box.indeterminate = chosen > 0 && !box.checked;
  };
  show();
  selection.onChange(show);
  return box;
}
