import { getAll } from '../api.js';
import { fill, h } from '../dom.js';
import { when } from '../format.js';
import { rulesForm } from './rules-form.js';
import { nameOf, rulesText } from './rules-text.js';

/** Roles that hold `approvalRules:write`. */
const WRITERS = ['owner', 'admin'];

/** Who has to approve what in the workspace: to be set by owners and admins, to be read by every member. */
export async function showRules(ctx, { signal }) {
  const workspace = await ctx.workspaces.current(signal);
  if (!workspace) return h('h1', null, 'No workspace yet');
  const path = `/v1/workspaces/${encodeURIComponent(workspace.id)}`;
  const [rules, members] = await Promise.all([
    ctx.api.get(`${path}/approval-rules`, { signal }),
    getAll(ctx.api, `${path}/members`, 'members', { signal }),
  ]);
  const changed = h('p', { class: 'hint' });
  const show = ({ updatedBy, updatedAt }) =>
    fill(
      changed,
      updatedAt
        ? `Set by ${nameOf(members, updatedBy)}, ${when(updatedAt)}.`
        : 'These are the defaults: nobody has set any.',
    );
  show(rules);
  return h(
    'div',
    null,
    h('h1', null, 'Approval rules'),
    h(
      'p',
      { class: 'lead' },
      'Who has to approve a change before anything of it is written, in the workspace ',
      h('strong', null, workspace.name),
      '. They hold for what is proposed, and once more when an approved edit begins.',
    ),
    changed,
    WRITERS.includes(workspace.role)
      ? rulesForm(ctx, { path: `${path}/approval-rules`, rules, members, signal, onSaved: show })
      : rulesText(rules, members),
  );
}
