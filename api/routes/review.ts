import { Router } from 'express';
import { z } from 'zod';
import { MAX_CHANGES } from '../../contracts/changes';
import { DecideConflictsInput } from '../../contracts/conflicts';
import type { Actor } from '../../contracts/identity';
import type { Scope } from '../../contracts/scopes';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { authorizeWithin } from '../workspace-of';

/** A look costs calls to the base, which an edit may need: so many changes at a time. */
const MAX_LOOKED = 20;
/** How long (ms) the workflow is tried to be told of a decision; it looks again by itself within the hour. */
const TELL_WITHIN_MS = 5_000;

const cursor = z.coerce.number().int().min(-1).max(MAX_CHANGES).default(-1);
const ConflictsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor,
  state: z.enum(['open', 'all']).default('open'),
});
const ReviewQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LOOKED).default(MAX_LOOKED),
  cursor,
  /** Reads each record anew. */
  look: z.enum(['true', 'false']).default('false'),
});

/** What of an edit waits for a person: conflicts, changes whose end is unclear, newer edits. Verdicts are an operation. */
export function createReviewRoutes({
  services,
  temporal,
  logger,
}: Pick<ApiContext, 'services' | 'temporal' | 'logger'>): Router {
  const router = Router();

  const workspaceOfEdit = (actor: Actor, editId: string, scope: Scope) =>
    authorizeWithin(services, actor, { editId }, scope);

  router.get('/v1/edits/:editId/conflicts', async (req, res) => {
    const { editId } = req.params;
    const workspaceId = await workspaceOfEdit(actorOf(req), editId, 'workspaces:read');
    const query = ConflictsQuery.parse(req.query);
    const { limit, cursor: after, state } = query;
    res.json(await services.reviews.conflicts(workspaceId, editId, { after, limit, open: state === 'open' }));
  });

  router.post('/v1/edits/:editId/conflicts', async (req, res) => {
    const actor = actorOf(req);
    const { editId } = req.params;
    const workspaceId = await workspaceOfEdit(actor, editId, 'edits:approve');
    const input = DecideConflictsInput.parse(req.body ?? {});
    await services.approvals.assertMayDecide(workspaceId, editId, actor);
    const decided = await services.reviews.decide(workspaceId, editId, actor.userId, input);
    await tellWorkflow(workspaceId, editId);
    res.json(decided);
  });

  router.get('/v1/edits/:editId/dependents', async (req, res) => {
    const { editId } = req.params;
    const workspaceId = await workspaceOfEdit(actorOf(req), editId, 'workspaces:read');
    res.json({ dependents: await services.reviews.dependents(workspaceId, editId) });
  });

  router.get('/v1/edits/:editId/review', async (req, res) => {
    const { editId } = req.params;
    const workspaceId = await workspaceOfEdit(actorOf(req), editId, 'workspaces:read');
    const { limit, cursor: after, look } = ReviewQuery.parse(req.query);
    const gone = new AbortController();
    res.on('close', () => gone.abort());
    const query = { after, limit, look: look === 'true' };
    res.json(await services.reviews.unresolved(workspaceId, editId, query, gone.signal));
  });

  /** The decision is kept; a workflow that cannot be told now finds it by itself. */
  async function tellWorkflow(workspaceId: string, editId: string): Promise<void> {
    try {
      const { operationId } = await services.editViews.get(workspaceId, editId);
      const row = operationId === null ? undefined : await services.operations.findById(operationId);
      if (!row) return;
      const handle = temporal.workflow.getHandle(row.workflow_id);
      await temporal.withDeadline(Date.now() + TELL_WITHIN_MS, () => handle.signal('conflictsDecided'));
    } catch (error) {
      logger.warn({ err: error, editId }, 'a decision on conflicts could not be told to its operation');
    }
  }
  return router;
}
