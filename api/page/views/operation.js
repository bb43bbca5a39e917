import { fill, h } from '../dom.js';
import { when, withLocalTimes } from '../format.js';
import { isFinal, OPERATION_STATES } from '../states.js';
import { operationPanel, temporalLink } from './operation-panel.js';

const STEP_STATES = {
  done: ['Done', 'good'],
  undone: ['Undone', 'calm'],
  tombstone: ['Undone before it ran', 'calm'],
};

/** Any transaction: its state, its steps, its error. */
export async function showOperation(ctx, { id, signal }) {
  const path = `/v1/operations/${encodeURIComponent(id)}`;
  const first = await ctx.api.get(path, { signal });
  const facts = h('div', { class: 'stack' });
  const panel = h('div', null);
  let known = first.steps;
  /** Events come without the steps: those last read stay. */
  const show = (operation) => {
    known = operation.steps ?? known;
    fill(facts, steps({ ...operation, steps: known }), about(operation));
  };
  const reread = async () => {
    const operation = await ctx.api.get(path, { signal });
    show(operation);
    fill(panel, ended(operation));
  };
  show(first);
  if (isFinal(first)) fill(panel, ended(first));
  else
    panel.append(
      operationPanel(ctx, { id, title: 'Running', signal, onChange: show, onFinal: () => void reread() }),
    );
  return h(
    'div',
    null,
    h('p', { class: 'kicker' }, 'Transaction'),
    h('h1', null, first.title),
    first.summary && h('p', null, first.summary),
    panel,
    facts,
  );
}

function ended(operation) {
  const [name, tone] = OPERATION_STATES[operation.status] ?? [operation.status, 'calm'];
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'operation-title' },
    h(
      'div',
      { class: 'panel-head' },
      h('h2', { id: 'operation-title' }, 'Outcome'),
      h('span', { class: `badge ${tone}` }, name),
    ),
    operation.error && h('p', { class: 'problem' }, operation.error.message),
    operation.progress?.message && h('p', null, withLocalTimes(operation.progress.message)),
    h('p', null, temporalLink(operation)),
  );
}

function steps(operation) {
  if (!operation.steps?.length) return null;
  const item = ({ step, state, at }) =>
    h(
      'li',
      null,
      h('span', null, step),
      ' ',
      h('span', { class: `badge ${STEP_STATES[state]?.[1] ?? 'calm'}` }, STEP_STATES[state]?.[0] ?? state),
      ' ',
      h('span', { class: 'hint' }, when(at)),
    );
  return h(
    'section',
    { 'aria-labelledby': 'steps-title' },
    h('h2', { id: 'steps-title' }, 'Steps'),
    h('ol', { class: 'steps' }, operation.steps.map(item)),
  );
}

function about(operation) {
  const rows = [
    ['Started', when(operation.createdAt)],
    operation.finishedAt && ['Ended', when(operation.finishedAt)],
    ['Operation', h('code', null, operation.operation)],
    ['Workflow id', h('code', null, operation.workflowId)],
    operation.editId && [
      'Edit',
      h('a', { href: `#/edits/${encodeURIComponent(operation.editId)}` }, 'See the difference'),
    ],
  ].filter(Boolean);
  return h(
    'section',
    { 'aria-labelledby': 'about-title' },
    h('h2', { id: 'about-title' }, 'About it'),
    h(
      'dl',
      { class: 'facts' },
      rows.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
    ),
  );
}
