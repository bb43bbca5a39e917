import { Router } from 'express';
import { ApprovalRules, ConsentInput } from '../../contracts/approvals';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { nextCursor, PageQuery } from '../page-query';
import { parseBody, parseId, parseQuery } from '../parse';

interface Dependencies {
  readonly services: Pick<ApiContext['services'], 'approvals' | 'permissions'>;
}

/** What waits for approval, and the rules it follows; approving itself starts an operation. */
export function createApprovalRoutes({ services: { approvals, permissions } }: Dependencies): Router {
  const router = Router();

  router.get('/v1/workspaces/:workspaceId/approvals', async (req, res) => {
    const actor = actorOf(req);
    const id = parseId('workspace', req);
    const { workspaceId, role } = await permissions.authorize(actor, id, 'workspaces:read');
    const { limit, cursor } = parseQuery(PageQuery.strict(), req);
    const pending = await approvals.pending(workspaceId, { ...actor, role }, { limit, after: cursor });
    res.json({ approvals: pending, nextCursor: nextCursor(pending, limit, (a) => a.editId) });
  });

  router.get('/v1/workspaces/:workspaceId/approval-rules', async (req, res) => {
    const id = parseId('workspace', req);
    const { workspaceId } = await permissions.authorize(actorOf(req), id, 'workspaces:read');
    res.json(await approvals.rules(workspaceId));
  });

  router.put('/v1/workspaces/:workspaceId/approval-rules', async (req, res) => {
    const actor = actorOf(req);
    const id = parseId('workspace', req);
    const { workspaceId } = await permissions.authorize(actor, id, 'approvalRules:write');
    const rules = parseBody(ApprovalRules, req);
    res.json(await approvals.setRules(workspaceId, rules, actor.userId));
  });

  router.post('/v1/workspaces/:workspaceId/connections/:connectionId/consents', async (req, res) => {
    const actor = actorOf(req);
    const id = parseId('workspace', req);
    const { workspaceId } = await permissions.authorize(actor, id, 'edits:approve');
    parseBody(ConsentInput, req);
    res.json(await approvals.consent(workspaceId, parseId('connection', req), actor.userId));
  });
  return router;
}
