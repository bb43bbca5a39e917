import { h } from '../dom.js';
import { count } from '../format.js';
import { CHANGE_STATES } from '../states.js';
import { evidenceCounts } from './edit-evidence.js';
import { temporalLink } from './operation-panel.js';
import { recordList } from './record-list.js';
import { settlingResult } from './settling.js';
import { undo } from './undo.js';

const TITLES = {
  applied: 'Done',
  rolled_back: 'Rolled back: everything that was written has been undone',
  needs_review: 'Needs review: something could not be finished and could not safely be undone',
  failed: 'Failed',
  rejected: 'Rejected: nothing was written',
  expired: 'Expired: nothing was written',
};

/** How an edit ended: its changes by state, those a person should look at listed, and the way to undo it. */
export function outcome(ctx, { edit, operation, signal }) {
  const states = Object.entries(edit.outcome ?? {}).filter(([, n]) => n > 0);
  const order = Object.keys(CHANGE_STATES);
  states.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const error = edit.error ?? operation?.error?.message;
  return h(
    'section',
    { class: `panel outcome ${edit.state}`, 'aria-labelledby': 'outcome-title' },
    h('h2', { id: 'outcome-title' }, titleOf(edit)),
    error && h('p', { class: 'problem' }, error),
    edit.approval?.reason && h('p', null, 'The reason given: ', h('q', null, edit.approval.reason)),
    states.length > 0 &&
      h(
        'ul',
        { class: 'states' },
        states.map(([state, n]) => stateItem(ctx, { edit, state, n, signal })),
      ),
    evidenceCounts(edit),
    settlingResult(edit),
    undo(ctx, { edit, signal }),
    operation && h('p', null, temporalLink(operation)),
  );
}

function titleOf(edit) {
  const done = (edit.outcome?.landed ?? 0) + (edit.outcome?.unchanged ?? 0);
  if (edit.state !== 'applied') return TITLES[edit.state] ?? edit.state;
  return edit.kind === 'revert'
    ? `Undone: ${count(done)} changes set back`
    : `Done: ${count(done)} changes are in the base`;
}

function stateItem(ctx, { edit, state, n, signal }) {
  const [name, meaning, look] = CHANGE_STATES[state] ?? [state, '', true];
  const list = () => recordList(ctx, { edit, filter: { state }, total: n, signal });
  const head = [
    h('strong', { class: 'number' }, count(n)),
    ' ',
    h('span', { class: `badge ${look ? 'bad' : 'calm'}` }, name),
    ' ',
    h('span', { class: 'meaning' }, meaning),
  ];
  if (look) return h('li', null, head, list());
  const details = h('details', null, h('summary', null, head));
  details.addEventListener(
    'toggle',
    () => details.open && details.childElementCount === 1 && details.append(list()),
  );
  return h('li', null, details);
}
