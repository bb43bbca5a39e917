import { fill, freshId, h } from '../dom.js';
import { counted, when } from '../format.js';
import { resultOf } from '../operations.js';
import { CHANGE_STATES } from '../states.js';
import { action, problemBox } from './action.js';
import { beforeAfter } from './cell.js';

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
    const open = change.retrying === null;
    return h(
      'li',
      { class: `record ${change.kind}` },
      h(
        'div',
        { class: 'record-name' },
        h(
          'span',
          { class: 'name' },
          name,
          ' ',
          change.recordId && h('code', { class: 'id' }, change.recordId),
        ),
        h('span', { class: 'badge bad' }, state),
      ),
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
      open ? record?.element : h('p', { class: 'hint' }, 'It is being tried again at present.'),
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

function evidenceOf({ journal, now, witness }) {
  const direction = journal.direction === 'undo' ? 'taken back' : 'written';
  return [
    h(
      'li',
      null,
      journal.sentAt
        ? `Journal: last about to be ${direction} ${when(journal.sentAt)}, ${counted(journal.attempts, 'attempt')}`
        : 'Journal: it was never sent',
    ),
    ...lookLines(now),
    h('li', null, witnessLine(witness)),
    ...witness.changes.map((change) =>
      h(
        'li',
        null,
        `Witness: ${change.kind} ${when(change.at)} by ${change.actor?.name ?? change.actor?.id ?? 'somebody'}${change.recordId ? ` (${change.recordId})` : ''}`,
      ),
    ),
  ];
}

function lookLines(now) {
  if (!now) return [];
  if (now.failed) return [h('li', null, `Read back: ${now.failed}`)];
  const texts = now.recordTexts && Object.entries(now.recordTexts);
  return [
    h(
      'li',
      null,
      texts
        ? `Read back ${when(now.at)}: ${texts.map(([field, text]) => `${field} “${text}”`).join(', ')}`
        : `Read back ${when(now.at)}: there is no such record`,
    ),
    ...now.candidates.map(({ recordId, createdTime }) =>
      h(
        'li',
        null,
        'A record with the same cells: ',
        h('code', { class: 'id' }, recordId),
        `, made ${when(createdTime)}`,
      ),
    ),
  ];
}

function witnessLine(witness) {
  if (!witness.watched) return 'Witness: the base is not watched, so it tells nothing';
  const gaps = witness.gaps.length ? `, with ${counted(witness.gaps.length, 'gap')}` : '';
  return witness.changes.length
    ? `Witness: watched${gaps}`
    : `Witness: watched${gaps}; it has told of nothing so far`;
}
