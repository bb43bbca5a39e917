import { Router } from 'express';
import { SagatableError } from '../../contracts/errors';
import { CreateConnectionInput, UpdateConnectionInput, type BaseSummary } from '../../contracts/workspaces';
import { newId } from '../../services/ids';
import { assertNotInUse } from '../../services/workspaces/connections';
import { testConnection } from '../../services/workspaces/connection-test';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { workspaceOf } from '../workspace-of';

/** How a workspace reaches Airtable, and the bases it sees through that. */
export function createConnectionRoutes({ services }: ApiContext): Router {
  const router = Router();

  router.get('/v1/workspaces/:workspaceId/connections', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    res.json({ connections: await services.connections.list(workspaceId), nextCursor: null });
  });

  router.post('/v1/workspaces/:workspaceId/connections', async (req, res) => {
    const actor = actorOf(req);
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actor, workspaceId, 'connections:write');
    const input = CreateConnectionInput.parse(req.body ?? {});
    const { airtableUser } = await testConnection(services.gateway, input);
    const id = newId('connection');
    const connection = await services.db.tenant(workspaceId, (tx) =>
      services.connections.insert(tx, { workspaceId, id, kind: 'airtable', ...input, airtableUser }),
    );
    await services.audit.record(workspaceId, actor.userId, 'connection.created', id);
    res.status(201).json(connection);
  });

  router.patch('/v1/workspaces/:workspaceId/connections/:connectionId', async (req, res) => {
    const actor = actorOf(req);
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actor, workspaceId, 'connections:write');
    const { writable } = UpdateConnectionInput.parse(req.body ?? {});
    const { connectionId } = req.params;
    const connection = await services.db.tenant(workspaceId, async (tx) => {
      if (!writable) await assertNotInUse(tx, connectionId);
      return services.connections.setWritable(tx, workspaceId, connectionId, writable);
    });
    await services.audit.record(
      workspaceId,
      actor.userId,
      writable ? 'connection.switched_on' : 'connection.switched_off',
      connectionId,
    );
    res.json(connection);
  });

  router.delete('/v1/workspaces/:workspaceId/connections/:connectionId', async (req, res) => {
    const actor = actorOf(req);
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actor, workspaceId, 'connections:write');
    const connection = await services.connections.get(workspaceId, req.params.connectionId);
    if (connection.kind === 'engine') {
      throw new SagatableError(
        'Conflict',
        'The connection to the built-in engine belongs to the workspace and goes with it.',
        { code: 'engine_connection' },
      );
    }
    await services.db.tenant(workspaceId, async (tx) => {
      await assertNotInUse(tx, connection.id);
      await services.connections.remove(tx, workspaceId, connection.id);
    });
    await services.audit.record(workspaceId, actor.userId, 'connection.removed', connection.id);
    res.status(204).end();
  });

  router.get('/v1/workspaces/:workspaceId/bases', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
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
