import { WorkflowNotFoundError } from '@temporalio/client';
import { Router } from 'express';
import { SagatableError } from '../../contracts/errors';
import { idOf } from '../../contracts/ids';
import { FINAL_STATUSES } from '../../contracts/operations';
import { controlsOthersOperations } from '../../contracts/roles';
import type { Scope } from '../../contracts/scopes';
import type { Actor } from '../../contracts/identity';
import type { OperationRow } from '../../services/operations/operations';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { nextCursor, PageQuery } from '../page-query';
import type { StreamEvents } from '../events';
import { askTemporal, operationView } from '../operation-view';
import { enter, workspaceOf } from '../workspace-of';

/** Reading operations and acting on running ones. */
export function createOperationReadRoutes(context: ApiContext, streamEvents: StreamEvents): Router {
  const { services, temporal, config, uiUrl } = context;
  const router = Router();
  const view = (row: OperationRow) => operationView(row, uiUrl, config.temporalNamespace);

  async function find(actor: Actor, id: string, scope: Scope): Promise<OperationRow> {
    const row = idOf('operation').safeParse(id).success ? await services.operations.findById(id) : undefined;
    if (!row) throw new SagatableError('NotFound', 'There is no such operation.');
    // One's own operation stays readable when its workspace is gone, or never came to be.
    if (row.actor === actor.userId && scope === 'workspaces:read' && actor.workspaceId === null) return row;
    await enter('operation', () => services.permissions.authorize(actor, row.workspace_id, scope));
    return row;
  }

  router.get('/v1/operations/:operationId', async (req, res) => {
    const row = await find(actorOf(req), req.params.operationId, 'workspaces:read');
    const steps = await services.operations.listSteps(row.workspace_id, row.id);
    const live = req.query['live'] === 'true' ? { live: await askTemporal(temporal, row.workflow_id) } : {};
    res.json({ ...view(row), steps: steps.map((s) => ({ ...s, at: s.at.toISOString() })), ...live });
  });

  router.get('/v1/operations/:operationId/events', async (req, res) => {
    const row = await find(actorOf(req), req.params.operationId, 'workspaces:read');
    let last = '';
    await streamEvents(res, async () => {
      const now = view(await services.operations.require(row.id));
      const text = JSON.stringify(now);
      const events = text === last ? [] : [{ event: 'operation', data: now }];
      last = text;
      return { events, end: FINAL_STATUSES.includes(now.status) };
    });
  });

  router.get('/v1/workspaces/:workspaceId/operations', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    const { limit, cursor } = PageQuery.parse(req.query);
    const rows = await services.operations.list(workspaceId, limit, cursor);
    res.json({ operations: rows.map(view), nextCursor: nextCursor(rows, limit, (r) => r.id) });
  });

  for (const action of ['cancel', 'pause', 'resume'] as const) {
    router.post(`/v1/operations/:operationId/${action}`, async (req, res) => {
      const actor = actorOf(req);
      const row = await find(actor, req.params.operationId, 'operations:control');
      const { role } = await services.permissions.authorize(actor, row.workspace_id, 'operations:control');
      if (row.actor !== actor.userId && !controlsOthersOperations(role)) {
        throw new SagatableError(
          'Forbidden',
          'Only owners and admins control operations that somebody else started.',
          { code: 'not_your_operation' },
        );
      }
      if (FINAL_STATUSES.includes(row.status)) {
        throw new SagatableError(
          'Conflict',
          `The operation has ended (${row.status.replace('_', ' ')}): there is nothing to ${action}.`,
          { code: 'operation_ended' },
        );
      }
      const handle = temporal.workflow.getHandle(row.workflow_id);
      try {
        await temporal.withDeadline(Date.now() + 5_000, async () => {
          await (action === 'cancel' ? handle.cancel() : handle.signal(action));
        });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) {
          throw new SagatableError(
            'Conflict',
            'The operation has just ended or is only starting: look again.',
            { code: 'operation_not_running' },
          );
        }
        throw new SagatableError('Unavailable', 'Temporal does not answer: try again soon.', {
          code: 'temporal_unavailable',
          cause: error,
        });
      }
      await services.audit.record(row.workspace_id, actor.userId, `operation.${action}`, row.id);
      res.status(202).json(view(await services.operations.require(row.id)));
    });
  }
  return router;
}
