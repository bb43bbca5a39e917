import { fill, freshId, h } from '../dom.js';
import { counted } from '../format.js';
import { resultOf } from '../operations.js';
import { CHANGE_STATES } from '../states.js';
import { action, problemBox } from './action.js';
import { beforeAfter } from './cell.js';
import { lateRecordsList } from './late-records.js';
import { evidenceOf } from './review-evidence.js';
import { recordHead } from './record-head.js';

/** States of a change that waits for a person by itself, and not only for the records that came late of it. */
const UNCLEAR = ['unknown', 'intended', 'undo_intended', 'undo_conflict', 'undo_unknown'];

/** Changes whose end is unclear, each with its evidence and three answers. `onDecided` is called after each. */
export function reviewPanel(ctx, { edit, signal, onDecided }) {
  const path = `/v1/edits/${encodeURIComponent(edit.id)}/review`;
  const problem = problemBox();
  const list = h('ul', { class: 'records' });
  const foot = h('p', { class: 'more', role: 'status' }, 'Loading…');
  const more = h(
    'button',
    { type: 'button', class: 'button small', hidden: true, on: { click: () => void load() } },
    'Show more',
  );
  let cursor = null;

  async function load() {
    more.hidden = true;
    try {
      const page = await ctx.api.get(
        cursor === null ? path : `${path}?cursor=${encodeURIComponent(cursor)}`,
        { signal },
      );
      list.append(...page.changes.map((change) => changeItem(change)));
      cursor = page.nextCursor ?? null;
      more.hidden = cursor === null;
      foot.textContent = counted(page.unresolved, 'change waits', 'changes wait');
    } catch (error) {
      if (!signal.aborted) problem.show(error);
      foot.textContent = '';
    }
  }

  function changeItem(change) {
    const name = change.label || change.recordId || 'New record';
    const [state] = CHANGE_STATES[change.state] ?? [change.state];
    const evidence = h('ul', { class: 'evidence' }, evidenceOf(change));
    const record = recordField(change, name);
    const own = problemBox();
    const look = action(
      'Look at it now',
      async () => {
        const page = await ctx.api.get(`${path}?limit=1&look=true&cursor=${change.ordinal - 1}`, { signal });
        const [seen] = page.changes.filter((c) => c.ordinal === change.ordinal);
        if (!seen) return onDecided();
        fill(evidence, evidenceOf(seen));
        if (record && !record.input.value) record.input.value = seen.now?.candidates[0]?.recordId ?? '';
      },
      { problem: own },
    );
    const say = (label, verdict, kind = 'plain') => {
      const button = action(
        label,
        async () => {
          const named = record && verdict === 'landed' ? record.input.value.trim() : '';
          const body = { ordinals: [change.ordinal], verdict, ...(named ? { recordId: named } : {}) };
          const answer = await ctx.api.send('POST', path, body, { wait: 10, signal });
          await resultOf(answer, { ...ctx, signal });
          await onDecided();
        },
        { problem: own, kind },
      );
      button.element.setAttribute('aria-label', `${label}: ${name}`);
      return button.element;
    };
    look.element.setAttribute('aria-label', `Look at it now: ${name}`);
    const late = lateRecordsList(ctx, { records: change.late, path, signal, onDecided });
    const asked = late === null || UNCLEAR.includes(change.state);
    const open = asked && change.retrying === null;
    return h(
      'li',
      { class: `record ${change.kind}` },
      recordHead(name, change.recordId, state),
      h(
        'dl',
        { class: 'fields' },
        change.cells.map((cell) =>
          h(
            'div',
            { class: 'field' },
            h('dt', null, cell.fieldName),
            h('dd', null, beforeAfter(cell, change.kind)),
          ),
        ),
      ),
      change.reason && h('p', { class: 'reason' }, change.reason),
      evidence,
      late,
      change.retrying !== null && h('p', { class: 'hint' }, 'It is being tried again at present.'),
      open && record?.element,
      own.element,
      h(
        'div',
        { class: 'row' },
        look.element,
        open && [say('It landed', 'landed'), say('It did not', 'notLanded'), say('Try again', 'retry')],
      ),
    );
  }

  void load();
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'review-title' },
    h('h2', { id: 'review-title' }, 'What needs a person'),
    h(
      'p',
      null,
      '“It landed” leaves the change as it is in the base and counts it as done. “It did not” counts it as not in the base. “Try again” repeats what was tried last.',
    ),
    problem.element,
    list,
    h('div', { class: 'row' }, foot, more),
  );
}

/** Which record a creation made, where nobody knows it. */
function recordField(change, name) {
  if (change.kind !== 'create' || change.recordId !== null) return null;
  const id = freshId('record');
  const input = h('input', { id, type: 'text', autocomplete: 'off', maxlength: '17' });
  return {
    input,
    element: h('label', { for: id }, `If it landed: the id of the record (${name}) `, input),
  };
}
