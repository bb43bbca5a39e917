import { freshId, h } from '../dom.js';
import { count, counted } from '../format.js';
import { action, problemBox } from './action.js';
import { commentsChoice, earlierApproval } from './approval-terms.js';
import { createConsents } from './consents.js';

const POLICIES = [
  ['skip', 'Leave it alone', 'and list it in the outcome'],
  ['overwrite', 'Overwrite it', 'with the value shown here'],
  ['stop', 'Stop', 'and undo what was written'],
  ['ask', 'Ask', 'about each, when the rest is written'],
];

/** The decision: what to do about conflicts, approve what is chosen, or reject. `onDecided` is called after either. */
export function approval(ctx, { edit, selection, signal, onDecided }) {
  const problem = problemBox();
  const reasonId = freshId('reason');
  const why = h('p', { id: reasonId, class: 'hint' });
  const path = `/v1/edits/${encodeURIComponent(edit.id)}`;
  const radios = POLICIES.map(([value]) =>
    h('input', { type: 'radio', name: 'conflicts', value, checked: value === 'skip' }),
  );

  // Approvals of several persons have to be for the same: whoever comes later does not choose.
  const terms = edit.approval?.terms;
  const consents = createConsents(edit, selection, () => show());
  const comments = commentsChoice(edit);

  const approve = action('', send, { problem, kind: 'primary', describedBy: reasonId });
  async function send() {
    const onProgress = (n) => (why.textContent = `Collecting what is chosen: ${count(n)}…`);
    const only = terms ? terms.only : await selection.ordinals(ctx.api, { signal, onProgress });
    const conflicts = terms ? terms.conflicts : radios.find((r) => r.checked).value;
    try {
      await ctx.api.send(
        'POST',
        `${path}/approve`,
        { hash: edit.hash, conflicts, ...(only ? { only } : {}), ...consents.body(), ...comments.body() },
        { wait: 0, signal },
      );
    } catch (error) {
      show();
      if (error.code === 'consent_required' && consents.demand(error.consent)) throw error;
      if (error.status !== 409) throw error;
      return onDecided(error);
    }
    await onDecided();
  }

  function show() {
    const total = selection.total();
    const chosen = terms ? (terms.only?.length ?? total) : selection.chosen();
    const undo = edit.kind === 'revert' ? 'Approve the undo of ' : 'Approve ';
    approve.setLabel(
      `${undo}${chosen === total ? counted(total, 'change') : `${count(chosen)} of ${counted(total, 'change')}`}`,
    );
    consents.refresh();
    const missing = consents.missing();
    approve.setOff(!edit.writable || chosen === 0 || missing !== null);
    if (!edit.writable)
      why.textContent =
        'This connection is read-only: nothing can be written through it until it is switched on.';
    else if (chosen === 0) why.textContent = 'Nothing is chosen.';
    else if (missing !== null) why.textContent = missing;
    else if (edit.approval?.missing > 1)
      why.textContent = `${count(edit.approval.personsNeeded)} persons have to approve this: nothing is written before the last of them does.`;
    else why.textContent = 'Writing starts at once. It can be paused, cancelled, and undone afterwards.';
  }
  show();
  selection.onChange(show);

  return h(
    'section',
    { class: 'panel decision', 'aria-labelledby': 'decision-title' },
    h('h2', { id: 'decision-title' }, 'Your decision'),
    earlierApproval(edit),
    !terms &&
      h(
        'fieldset',
        null,
        h('legend', null, 'If somebody changes one of these cells before it is written'),
        POLICIES.map(([, name, more], i) =>
          h('label', { class: 'check' }, radios[i], h('span', null, h('strong', null, name), ` ${more}`)),
        ),
      ),
    comments.element,
    consents.elements,
    problem.element,
    h('div', { class: 'row' }, approve.element, reject(ctx, { path, problem, onDecided })),
    why,
    !edit.writable && switchOn(ctx, { edit, problem, onDecided }),
  );
}

function reject(ctx, { path, problem, onDecided }) {
  const reason = h('input', { type: 'text', maxlength: '1000', autocomplete: 'off' });
  const send = action(
    'Reject',
    async () => {
      const text = reason.value.trim();
      await ctx.api.send('POST', `${path}/reject`, text ? { reason: text } : {});
      await onDecided();
    },
    { problem, kind: 'danger' },
  );
  return h(
    'details',
    { class: 'reject' },
    h('summary', { class: 'button plain' }, 'Reject…'),
    h('div', { class: 'row' }, h('label', { class: 'grow' }, 'Reason (optional)', reason), send.element),
  );
}

function switchOn(ctx, { edit, problem, onDecided }) {
  const on = action(
    'Allow writing through this connection',
    async () => {
      await ctx.workspaces.setWritable(edit.workspaceId, edit.connectionId, true);
      ctx.announce('Writing is allowed through this connection.');
      await onDecided();
    },
    { problem },
  );
  return h(
    'div',
    { class: 'notice' },
    h('p', null, 'Switching it on writes nothing by itself. It can be switched off again under Connections.'),
    on.element,
  );
}
