import { h } from '../dom.js';
import { count, when } from '../format.js';
import { isAbort } from '../http.js';
import { EDIT_STATES, OPERATION_STATES } from '../states.js';
import { problemBox } from './action.js';

/** What was proposed and done in the workspace: edits, and all transactions. */
export async function showHistory(ctx, { signal }) {
  const workspace = await ctx.workspaces.current(signal);
  if (!workspace) return h('h1', null, 'No workspace yet');
  const path = `/v1/workspaces/${encodeURIComponent(workspace.id)}`;
  return h(
    'div',
    null,
    h('h1', null, 'History'),
    h('p', { class: 'lead' }, 'Workspace ', h('strong', null, workspace.name)),
    await pagedList(ctx, {
      title: 'Edits',
      path: `${path}/edits`,
      name: 'edits',
      item: editItem,
      none: 'No edits yet.',
      signal,
    }),
    await pagedList(ctx, {
      title: 'Transactions',
      path: `${path}/operations`,
      name: 'operations',
      item: operationItem,
      none: 'No transactions yet.',
      signal,
    }),
  );
}

async function pagedList(ctx, { title, path, name, item, none, signal }) {
  const id = `${name}-title`;
  const list = h('ul', { class: 'history' });
  const problem = problemBox();
  const more = h(
    'button',
    { type: 'button', class: 'button small', on: { click: () => void load(true) } },
    `More ${title.toLowerCase()}`,
  );
  let cursor = null;
  async function load(byHand) {
    problem.clear();
    try {
      const page = await ctx.api.get(cursor ? `${path}?cursor=${encodeURIComponent(cursor)}` : path, {
        signal,
      });
      const rows = page[name].map(item);
      list.append(...rows);
      cursor = page.nextCursor ?? null;
      if (byHand) rows[0]?.querySelector('a').focus();
    } catch (error) {
      if (!isAbort(error)) problem.show(error);
    }
    more.hidden = cursor === null;
  }
  await load(false);
  const empty = list.childElementCount === 0 && h('p', { class: 'hint' }, none);
  return h(
    'section',
    { 'aria-labelledby': id },
    h('h2', { id }, title),
    problem.element,
    empty || list,
    more,
  );
}

function entry({ href, title, state: [name, tone], facts }) {
  return h(
    'li',
    null,
    h('a', { href }, title),
    h('span', { class: `badge ${tone}` }, name),
    h('span', { class: 'hint' }, facts.filter(Boolean).join(' · ')),
  );
}

function editItem(edit) {
  const facts = [
    edit.kind === 'revert' && 'Undo',
    edit.baseName,
    when(edit.createdAt),
    edit.revertedBy && 'undone since',
  ];
  return entry({
    href: `#/edits/${encodeURIComponent(edit.id)}`,
    title: edit.headline,
    state: EDIT_STATES[edit.state] ?? [edit.state, 'calm'],
    facts,
  });
}

function operationItem(operation) {
  const { progress } = operation;
  const facts = [
    operation.summary,
    when(operation.createdAt),
    progress && progress.total > 0 && `${count(progress.done)} of ${count(progress.total)} ${progress.unit}`,
  ];
  return entry({
    href: `#/operations/${encodeURIComponent(operation.id)}`,
    title: operation.title,
    state: OPERATION_STATES[operation.status] ?? [operation.status, 'calm'],
    facts,
  });
}
