import { h } from '../dom.js';
import { when } from '../format.js';
import { resultOf } from '../operations.js';
import { action, problemBox } from './action.js';

const STATES = {
  found: 'is to be taken back',
  undo_intended: 'was about to be taken back',
  changed: 'was changed since, or could not be deleted',
  unclear: 'may be this edit’s or somebody else’s',
};

const ANSWERS = [
  ['Ours, it stays', 'landed'],
  ['Somebody else’s', 'notLanded'],
  ['Delete it', 'retry'],
];

/** Records that came late of a change, each with what is known of it and three answers; null where there are none. */
export function lateRecordsList(ctx, { records, path, signal, onDecided }) {
  if (!records?.length) return null;
  return h(
    'ul',
    { class: 'evidence', 'aria-label': 'Records that came late' },
    records.map((record) => lateItem(ctx, { record, path, signal, onDecided })),
  );
}

function lateItem(ctx, { record, path, signal, onDecided }) {
  const problem = problemBox();
  const say = ([label, verdict]) => {
    const button = action(
      label,
      async () => {
        const body = { lateRecords: [record.recordId], verdict };
        const answer = await ctx.api.send('POST', path, body, { wait: 10, signal });
        await resultOf(answer, { ...ctx, signal });
        await onDecided();
      },
      { problem },
    );
    button.element.setAttribute('aria-label', `${label}: ${record.recordId}`);
    return button.element;
  };
  const known = [record.evidence && `known by ${record.evidence.replace('_', ' ')}`, record.reason];
  return h(
    'li',
    null,
    h('code', { class: 'id' }, record.recordId),
    ` came late, found ${when(record.foundAt)}; it ${STATES[record.state] ?? record.state}`,
    known.filter(Boolean).map((text) => `; ${text}`),
    record.looked && record.now === null && '; it is gone',
    problem.element,
    record.deciding === null
      ? h('div', { class: 'row' }, ANSWERS.map(say))
      : h('p', { class: 'hint' }, 'What was decided on it is being carried out.'),
  );
}
