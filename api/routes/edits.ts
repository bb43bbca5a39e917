import { Router } from 'express';
import { z } from 'zod';
import { MAX_CHANGES } from '../../contracts/changes';
import { ChangeState, RejectInput } from '../../contracts/edits';
import { SagatableError } from '../../contracts/errors';
import type { Actor } from '../../contracts/identity';
import type { Scope } from '../../contracts/scopes';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { nextCursor, PageQuery } from '../page-query';
import { authorizeWithin, workspaceOf } from '../workspace-of';

const ChangesQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.coerce.number().int().min(-1).max(MAX_CHANGES).default(-1),
  group: z.string().max(100_000).optional(),
  state: z
    .string()
    .transform((s) => s.split(','))
    .pipe(z.array(ChangeState))
    .optional(),
});

/** Reading edits and rejecting them; proposing, approving and reverting are operations. */
export function createEditRoutes({ services }: ApiContext): Router {
  const router = Router();

  const workspaceOfEdit = (actor: Actor, editId: string, scope: Scope) =>
    authorizeWithin(services, actor, { editId }, scope);

  router.get('/v1/workspaces/:workspaceId/edits', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    const { limit, cursor } = PageQuery.parse(req.query);
    const edits = await services.editViews.list(workspaceId, limit, cursor);
    res.json({ edits, nextCursor: nextCursor(edits, limit, (e) => e.id) });
  });

  router.get('/v1/edits/:editId', async (req, res) => {
    const workspaceId = await workspaceOfEdit(actorOf(req), req.params.editId, 'workspaces:read');
    res.json(await services.editViews.get(workspaceId, req.params.editId));
  });

  router.get('/v1/edits/:editId/changes', async (req, res) => {
    const workspaceId = await workspaceOfEdit(actorOf(req), req.params.editId, 'workspaces:read');
    const { limit, cursor, group, state } = ChangesQuery.parse(req.query);
    const changes = await services.editViews.listChanges(workspaceId, req.params.editId, {
      group,
      states: state,
      after: cursor,
      limit,
    });
    res.json({
      changes,
      nextCursor: changes.length === limit ? String(changes.at(-1)?.ordinal ?? '') : null,
    });
  });

  router.post('/v1/edits/:editId/reject', async (req, res) => {
    const actor = actorOf(req);
    const { editId } = req.params;
    const workspaceId = await workspaceOfEdit(actor, editId, 'edits:approve');
    const { reason } = RejectInput.parse(req.body ?? {});
    try {
      await services.approvals.reject(workspaceId, { editId, by: actor, reason: reason ?? null });
    } catch (error) {
      if (error instanceof SagatableError)
        await services.approvals.noteRefusal(workspaceId, editId, actor, {
          verdict: 'rejected',
          code: error.code,
        });
      throw error;
    }
    res.json(await services.editViews.get(workspaceId, editId));
  });
  return router;
}
