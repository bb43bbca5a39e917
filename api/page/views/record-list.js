import { focusOn, h } from '../dom.js';
import { counted } from '../format.js';
import { isAbort } from '../http.js';
import { changesPath } from '../selection.js';
import { CHANGE_STATES, EVIDENCE } from '../states.js';
import { problemBox } from './action.js';
import { beforeAfter } from './cell.js';

/** Records a page: few enough that what comes below stays near. */
const PAGE_SIZE = 25;

/**
 * Single records of an edit, a page at a time: those of a group, or in a state (`filter`).
 * With `choice` (`has`, `set`, `onChange`) each has a checkbox; with `sameField` the field is named above and not again.
 */
export function recordList(ctx, { edit, filter, total, choice, sameField = false, signal }) {
  const list = h('ul', { class: 'records' });
  const problem = problemBox();
  const more = h(
    'button',
    { type: 'button', class: 'button small', on: { click: () => void load(true) } },
    'Show more',
  );
  const foot = h('p', { class: 'more', 'aria-live': 'polite' }, 'Loading…');
  const boxes = new Map();
  let cursor = null;
  let shown = 0;

  async function load(byHand) {
    problem.clear();
    more.hidden = true;
    foot.textContent = 'Loading…';
    try {
      const path = changesPath(edit.id, filter, PAGE_SIZE);
      const page = await ctx.api.get(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path, {
        signal,
      });
      const rows = page.changes.map((row) =>
        recordRow(row, { choice, boxes, sameField, sameState: filter.state !== undefined }),
      );
      list.append(...rows);
      cursor = page.nextCursor ?? null;
      shown += rows.length;
      foot.textContent = cursor
        ? `${shown} of ${counted(Math.max(total, shown), 'record')} shown`
        : counted(shown, 'record');
      if (byHand) focusOn(rows[0]);
    } catch (error) {
      if (isAbort(error)) return;
      problem.show(error);
      foot.textContent = '';
    }
    more.hidden = cursor === null && shown > 0;
  }
  void load(false);
  choice?.onChange(() => boxes.forEach((box, ordinal) => (box.checked = choice.has(ordinal))));
  return h('div', { class: 'record-list' }, list, problem.element, h('div', { class: 'row' }, foot, more));
}

const UNNAMED = {
  create: 'New record',
  createOption: 'New option',
  createTable: 'New table',
  createField: 'New field',
  update: 'Record without a name',
  delete: 'Record without a name',
};

function recordRow(row, { choice, boxes, sameField, sameState }) {
  const label = [
    (row.label && shorten(row.label)) || h('em', null, UNNAMED[row.kind]),
    row.recordId && h('code', { class: 'id' }, row.recordId),
  ];
  const name = choice
    ? h('label', { class: 'check' }, checkbox(row, choice, boxes), h('span', null, label))
    : h('span', { class: 'name' }, label);
  const [state, , bad] = CHANGE_STATES[row.state] ?? [row.state];
  const cells = row.cells.map((cell) =>
    h(
      'div',
      { class: sameField ? 'field same' : 'field' },
      h('dt', { class: sameField ? 'hidden' : null }, cell.fieldName),
      h('dd', null, beforeAfter(cell, row.kind)),
    ),
  );
  return h(
    'li',
    { class: `record ${row.kind}` },
    h(
      'div',
      { class: 'record-name' },
      name,
      !sameState && row.state !== 'pending' && h('span', { class: `badge ${bad ? 'bad' : 'calm'}` }, state),
    ),
    h('dl', { class: 'fields' }, cells),
    row.reason && h('p', { class: 'reason' }, row.reason),
    row.evidence && h('p', { class: 'reason' }, `Known by ${EVIDENCE[row.evidence] ?? row.evidence}`),
  );
}

/** A name is for recognising; the whole text is in its cell. */
function shorten(label) {
  const chars = [...label];
  return chars.length > 120 ? `${chars.slice(0, 119).join('')}…` : label;
}

function checkbox(row, choice, boxes) {
  const change = (event) => choice.set(row.ordinal, event.target.checked);
  const box = h('input', { type: 'checkbox', checked: choice.has(row.ordinal), on: { change } });
  boxes.set(row.ordinal, box);
  return box;
}
