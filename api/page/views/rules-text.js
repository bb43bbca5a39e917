import { h } from '../dom.js';
import { count, counted } from '../format.js';

export const ROLES = { owner: 'Owners', admin: 'Admins', approver: 'Approvers' };
export const KINDS = {
  update: 'changed records',
  create: 'new records',
  delete: 'deleted records',
  createOption: 'new select options',
};

/** The rules in words, for those who may not change them. */
export function rulesText(rules, members) {
  const { approvers, twoPersons, autoApprove } = rules;
  const who = [
    ...approvers.roles.map((role) => ROLES[role] ?? role),
    ...approvers.users.map((id) => nameOf(members, id)),
  ];
  const two = [
    twoPersons.aboveRecords !== null && `an edit of more than ${counted(twoPersons.aboveRecords, 'record')}`,
    twoPersons.aboveDeletions !== null &&
      `one that deletes more than ${counted(twoPersons.aboveDeletions, 'record')}`,
  ].filter(Boolean);
  const rows = [
    ['Who may approve', who.join(', ')],
    [
      'One’s own proposals',
      rules.proposerMayApprove
        ? 'May be approved by who proposed them, at the page'
        : 'Are approved by somebody else',
    ],
    ['Two persons', two.length > 0 ? `For ${two.join(', and ')}` : 'Are never needed'],
    ['Small edits', autoApprove === null ? 'Are approved like all others' : smallText(autoApprove)],
    ['A proposal can be approved for', counted(rules.expiresInHours, 'hour')],
    [
      'Reminders',
      rules.remindAfterHours === null ? 'None' : `Every ${counted(rules.remindAfterHours, 'hour')}`,
    ],
  ];
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'rules-title' },
    h('h2', { id: 'rules-title' }, 'The rules'),
    h(
      'dl',
      { class: 'facts' },
      rows.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
    ),
    h('p', { class: 'hint' }, 'Owners and admins of the workspace can change them.'),
  );
}

function smallText({ maxRecords, kinds, maxRecordsPerDay }) {
  const day = maxRecordsPerDay ?? maxRecords * 10;
  const what = kinds.map((kind) => KINDS[kind] ?? kind).join(', ');
  return `Up to ${counted(maxRecords, 'record')} need nobody, with ${what} only, and ${count(day)} of one person’s in 24 hours`;
}

/** A member by name; one who left by id. */
export function nameOf(members, userId) {
  const member = members.find((m) => m.userId === userId);
  return member ? member.name || member.email : userId;
}
