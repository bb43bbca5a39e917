import { h } from '../dom.js';
import { count, when } from '../format.js';
import { EDIT_STATES } from '../states.js';
import { editCost } from './edit-cost.js';
import { evidencePlan } from './edit-evidence.js';

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
    revertOf(edit),
    counts(edit),
    warnings(edit),
    edit.note && quotation(edit),
    edit.state === 'proposed' && [editCost(edit), evidencePlan(edit)],
    origin(edit),
  );
}

function revertOf(edit) {
  if (!edit.revertOf) return null;
  const link = (id, text) => h('a', { href: `#/edits/${encodeURIComponent(id)}` }, text);
  const newer = edit.includes ?? [];
  return h(
    'p',
    null,
    'This undoes ',
    link(edit.revertOf, 'an earlier edit'),
    newer.length > 0 && ', and first what was done after it: ',
    newer.map((id, i) => [i > 0 && ', ', link(id, `newer edit ${i + 1}`)]),
    '.',
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
  const expires =
    edit.state === 'proposed' && edit.expiresAt && `can be approved until ${when(edit.expiresAt)}`;
  const facts = [`Proposed ${when(edit.createdAt)}`, expires].filter(Boolean).join(' · ');
  return h(
    'p',
    { class: 'origin' },
    facts,
    edit.hash && [' · fingerprint ', h('code', { title: edit.hash }, edit.hash.slice(0, 12))],
  );
}
