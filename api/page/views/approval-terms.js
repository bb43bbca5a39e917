import { h } from '../dom.js';
import { count, counted } from '../format.js';

const CONFLICTS = {
  skip: 'left alone',
  overwrite: 'overwritten',
  stop: 'a reason to stop',
  ask: 'put aside for somebody to decide',
};

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

/** Whether comments of deleted records come back with them; asked where records are deleted, or deleted ones are to return. */
export function commentsChoice(edit) {
  const { notReturning } = edit;
  if (!notReturning) return { element: null, body: () => ({}) };
  const box = h('input', { type: 'checkbox', checked: notReturning.repostComments });
  const where =
    edit.kind === 'revert' ? 'where this brings records back' : 'where an undo brings records back';
  const known =
    notReturning.comments === null ? '' : ` There are ${counted(notReturning.comments, 'comment')}.`;
  const element = h(
    'fieldset',
    null,
    h('legend', null, 'Comments of deleted records'),
    h(
      'label',
      { class: 'check' },
      box,
      h(
        'span',
        null,
        `Post them again as quotations, ${where}. Airtable shows the owner of the connection’s token as their author.${known}`,
      ),
    ),
  );
  return { element, body: () => (box.checked ? { repostComments: true } : {}) };
}
