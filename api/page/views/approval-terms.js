import { h } from '../dom.js';
import { count, counted } from '../format.js';

const CONFLICTS = {
  skip: 'left alone',
  overwrite: 'overwritten',
  stop: 'a reason to stop',
  ask: 'put aside for somebody to decide',
};

/** Asked once for a connection: that what the base’s own automations do is known. `element` is null where nothing is asked. */
export function sideEffectsConsent(edit, onChange) {
  if (edit.approval?.sideEffects !== 'unacknowledged')
    return { element: null, missing: () => false, body: () => ({}) };
  const box = h('input', { type: 'checkbox' });
  box.addEventListener('change', onChange);
  const element = h(
    'fieldset',
    null,
    h('legend', null, 'What no undo takes back'),
    h(
      'label',
      { class: 'check' },
      box,
      h(
        'span',
        null,
        'I know that these writes, and those of an undo, can set off automations, syncs and e-mails of the base. ',
        'Asked once for this connection.',
      ),
    ),
  );
  return {
    element,
    missing: () => !box.checked,
    body: () => ({ acknowledgeSideEffects: true }),
  };
}

/** What the approvals before this one were for, which this one is then for too; null where it is the first. */
export function earlierApproval(edit) {
  const { approval } = edit;
  if (!approval?.terms) return null;
  const { only, conflicts } = approval.terms;
  const chosen =
    only === null ? 'all changes' : `${count(only.length)} of ${counted(edit.counts.changes, 'change')}`;
  const given = approval.personsNeeded - approval.missing;
  return h(
    'div',
    { class: 'notice' },
    h(
      'p',
      null,
      `${count(given)} of ${count(approval.personsNeeded)} persons has approved: ${chosen}; `,
      `cells that somebody changes meanwhile are ${CONFLICTS[conflicts] ?? conflicts}. Your approval is for the same.`,
    ),
  );
}
