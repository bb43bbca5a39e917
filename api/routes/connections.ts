import { Router } from 'express';
import { SagatableError } from '../../contracts/errors';
import { idOf } from '../../contracts/ids';
import { CreateConnectionInput, UpdateConnectionInput, type BaseSummary } from '../../contracts/workspaces';
import { assertNotInUse } from '../../services/workspaces/connections';
import type { Services } from '../../services/create-services';
import { connectionNotFound } from '../../services/workspaces/connection-rows';
import {
  addConnection,
  changeConnection,
  retestConnection,
} from '../../services/workspaces/connection-upkeep';
import { actorOf } from '../authenticate';
import { parseId } from '../parse';

type Needed = Pick<Services, 'db' | 'permissions' | 'connections' | 'gateway' | 'witness' | 'audit'>;

/** How a workspace reaches Airtable, and the bases it sees through that. */
export function createConnectionRoutes({ services }: { readonly services: Needed }): Router {
  const router = Router();

  router.get('/v1/workspaces/:workspaceId/connections', async (req, res) => {
    const workspaceId = parseId('workspace', req);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    res.json({ connections: await services.connections.list(workspaceId), nextCursor: null });
  });

  router.post('/v1/workspaces/:workspaceId/connections', async (req, res) => {
    const actor = actorOf(req);
    const workspaceId = parseId('workspace', req);
    await services.permissions.authorize(actor, workspaceId, 'connections:write');
    const input = CreateConnectionInput.parse(req.body ?? {});
    const connection = await addConnection(services, workspaceId, input);
    await services.audit.record(workspaceId, actor.userId, 'connection.created', connection.id);
    res.status(201).json(connection);
  });

  router.get('/v1/workspaces/:workspaceId/connections/:connectionId', async (req, res) => {
    const workspaceId = parseId('workspace', req);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    res.json(await services.connections.get(workspaceId, connectionIdOf(req.params)));
  });

  router.post('/v1/workspaces/:workspaceId/connections/:connectionId/test', async (req, res) => {
    const workspaceId = parseId('workspace', req);
    await services.permissions.authorize(actorOf(req), workspaceId, 'connections:write');
    res.json(await retestConnection(services, workspaceId, connectionIdOf(req.params)));
  });

  router.patch('/v1/workspaces/:workspaceId/connections/:connectionId', async (req, res) => {
    const actor = actorOf(req);
    const workspaceId = parseId('workspace', req);
    await services.permissions.authorize(actor, workspaceId, 'connections:write');
    const id = connectionIdOf(req.params);
    const input = UpdateConnectionInput.parse(req.body ?? {});
    const connection = await changeConnection(services, workspaceId, id, input);
    for (const [action, details] of changesOf(input)) {
      await services.audit.record(workspaceId, actor.userId, action, id, details);
    }
    res.json(connection);
  });

  router.delete('/v1/workspaces/:workspaceId/connections/:connectionId', async (req, res) => {
    const actor = actorOf(req);
    const workspaceId = parseId('workspace', req);
    await services.permissions.authorize(actor, workspaceId, 'connections:write');
    const connection = await services.connections.get(workspaceId, connectionIdOf(req.params));
    if (connection.kind === 'engine') {
      throw new SagatableError(
        'Conflict',
        'The connection to the built-in engine belongs to the workspace and goes with it.',
        { code: 'engine_connection' },
      );
    }
    await services.db.tenant(workspaceId, (tx) => assertNotInUse(tx, connection.id));
    // While the token is still there: without it the webhooks would live on for a week.
    await services.witness.unwatchConnection(workspaceId, connection.id);
    await services.db.tenant(workspaceId, async (tx) => {
      await assertNotInUse(tx, connection.id);
      await services.connections.remove(tx, workspaceId, connection.id);
    });
    await services.audit.record(workspaceId, actor.userId, 'connection.removed', connection.id);
    res.status(204).end();
  });

  router.get('/v1/workspaces/:workspaceId/bases', async (req, res) => {
    const workspaceId = parseId('workspace', req);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    const bases: BaseSummary[] = [];
    const unreachable: string[] = [];
    for (const connection of await services.connections.list(workspaceId)) {
      try {
        const client = await services.gateway.open({ workspaceId, id: connection.id }, 'interactive');
        for (const base of await client.listBases()) bases.push({ ...base, connectionId: connection.id });
      } catch (error) {
        // One connection that does not answer must not hide the bases of the others; it is named instead.
        if (!(error instanceof SagatableError)) throw error;
        unreachable.push(`${connection.name}: ${error.message}`);
      }
    }
    res.json({ bases, unreachable, nextCursor: null });
  });
  return router;
}

/** What is no id answers as an id that is not there. */
function connectionIdOf(params: Readonly<Record<string, string>>): string {
  const id = idOf('connection').safeParse(params['connectionId']);
  if (id.success) return id.data;
  throw connectionNotFound();
}

/** The trail of a change: what was done, and values where they are no secret. */
function changesOf(input: UpdateConnectionInput): [action: string, details: Record<string, unknown>][] {
  const { name, writable, token, confirmUser, share, monthlyCalls } = input;
  const changes: [string, Record<string, unknown>][] = [];
  if (name !== undefined) changes.push(['connection.renamed', { name }]);
  if (writable !== undefined)
    changes.push([writable ? 'connection.switched_on' : 'connection.switched_off', {}]);
  if (token !== undefined) changes.push(['connection.token_replaced', { otherUserAllowed: !!confirmUser }]);
  if (share !== undefined || monthlyCalls !== undefined)
    changes.push(['connection.limits_changed', { share, monthlyCalls }]);
  return changes;
}
