import { fill, focusOn, h } from '../dom.js';
import { followOperation } from '../operations.js';
import { isFinal, OPERATION_STATES } from '../states.js';
import { action, problemBox } from './action.js';
import { progressBar } from './progress.js';

/** Only work in chunks looks at the pause flag. */
const CAN_PAUSE = new Set(['applyEdit', 'revertEdit']);

/** An operation while it runs: progress, pause, resume, cancel. `onFinal(operation)` is called once, at its end. */
export function operationPanel(ctx, { id, title, signal, onFinal, onChange = () => undefined }) {
  const heading = h('h2', { id: 'operation-title' }, title);
  const badge = h('span', { class: 'badge busy' }, 'Starting');
  const bar = progressBar(ctx.announce);
  const problem = problemBox();
  const link = h('p', null);
  const path = `/v1/operations/${encodeURIComponent(id)}`;
  let status = '';

  const control = (verb) => async () => {
    const { body } = await ctx.api.send('POST', `${path}/${verb}`, undefined, { signal });
    if (body?.status) show(body);
  };
  const pause = action('Pause', control('pause'), { problem });
  const resume = action('Resume', control('resume'), { problem, kind: 'primary' });
  const cancel = action('Cancel and undo', control('cancel'), { problem, kind: 'danger' });
  const asking = h(
    'details',
    { class: 'reject' },
    h('summary', { class: 'button plain' }, 'Cancel…'),
    h(
      'div',
      { class: 'row' },
      h('p', null, 'What was written so far is set back to what it was.'),
      cancel.element,
    ),
  );

  const controls = h('div', { class: 'row' }, pause.element, resume.element, asking);

  function show(operation) {
    const [name, tone] = OPERATION_STATES[operation.status] ?? [operation.status, 'calm'];
    badge.className = `badge ${tone}`;
    fill(badge, name);
    bar.show(operation);
    const focused = document.activeElement;
    pause.element.hidden = operation.status !== 'running' || !CAN_PAUSE.has(operation.operation);
    resume.element.hidden = operation.status !== 'paused';
    asking.hidden = !['running', 'paused'].includes(operation.status);
    if (controls.contains(focused) && focused.closest('[hidden]')) {
      const next = [resume.element, pause.element].find((e) => !e.hidden);
      if (next) next.focus();
      else focusOn(heading);
    }
    if (!link.hasChildNodes()) fill(link, temporalLink(operation));
    if (status && status !== operation.status) ctx.announce(name);
    status = operation.status;
    onChange(operation);
  }

  void followOperation({ ...ctx, id, signal, onChange: show })
    .then((final) => final && isFinal(final) && onFinal(final))
    .catch((error) => !signal.aborted && problem.show(error));

  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'operation-title' },
    h('div', { class: 'panel-head' }, heading, badge),
    bar.element,
    problem.element,
    controls,
    link,
  );
}

/** A link to the workflow in Temporal's Web UI, where there is one. */
export function temporalLink(operation) {
  if (!/^https?:\/\//.test(operation.temporalUrl ?? '')) return null;
  return h(
    'a',
    { href: operation.temporalUrl, target: '_blank', rel: 'noopener noreferrer' },
    'See this transaction in Temporal’s Web UI',
    h('span', { class: 'hidden' }, ' (opens a new tab)'),
  );
}
