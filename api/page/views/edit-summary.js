import { h } from '../dom.js';
import { count, counted, when } from '../format.js';
import { EDIT_STATES } from '../states.js';

const COUNTED = [
  ['updates', 'records changed'],
  ['creates', 'records created'],
  ['deletes', 'records deleted'],
  ['cells', 'cells'],
];

/** What an edit is: its computed headline, counts and warnings, and, set apart, what the planner said. */
export function editSummary(edit) {
  const [state, tone] = EDIT_STATES[edit.state] ?? [edit.state, 'calm'];
  return h(
    'div',
    { class: 'summary' },
    h(
      'p',
      { class: 'kicker' },
      h('span', { class: `badge ${tone}` }, state),
      edit.kind === 'revert' ? 'Undo in ' : 'Change to ',
      h('strong', null, edit.baseName),
    ),
    h('h1', null, edit.headline),
    edit.revertOf &&
      h(
        'p',
        null,
        'This undoes ',
        h('a', { href: `#/edits/${encodeURIComponent(edit.revertOf)}` }, 'an earlier edit'),
        '.',
      ),
    counts(edit),
    warnings(edit),
    edit.note && quotation(edit),
    origin(edit),
  );
}

function counts(edit) {
  const shown = COUNTED.filter(([key]) => edit.counts[key] > 0);
  if (shown.length === 0) return null;
  return h(
    'dl',
    { class: 'counts' },
    shown.map(([key, label]) => h('div', null, h('dt', null, label), h('dd', null, count(edit.counts[key])))),
  );
}

function warnings(edit) {
  if (edit.warnings.length === 0) return null;
  const title = edit.state === 'proposed' ? 'Before you decide' : 'What was pointed out';
  return h(
    'section',
    { class: 'notice warn', 'aria-label': 'Warnings' },
    h('h2', null, title),
    h(
      'ul',
      null,
      edit.warnings.map((w) => h('li', null, w)),
    ),
  );
}

function quotation(edit) {
  const who = edit.planner ? `The planner “${edit.planner}” said` : 'The proposer said';
  return h(
    'figure',
    { class: 'quote' },
    h('figcaption', null, `${who} (quoted; the figures on this page are computed, not taken from it)`),
    h('blockquote', null, edit.note),
  );
}

function origin(edit) {
  const calls =
    edit.state === 'proposed' &&
    edit.calls.apply > 0 &&
    `about ${counted(edit.calls.apply, 'call')} to the base`;
  const expires =
    edit.state === 'proposed' && edit.expiresAt && `can be approved until ${when(edit.expiresAt)}`;
  const facts = [`Proposed ${when(edit.createdAt)}`, calls, expires].filter(Boolean).join(' · ');
  return h(
    'p',
    { class: 'origin' },
    facts,
    edit.hash && [' · fingerprint ', h('code', { title: edit.hash }, edit.hash.slice(0, 12))],
  );
}
