import { Router } from 'express';
import { z } from 'zod';
import type { Engine } from '../../services/engine/engine';
import { lockBase, readBase } from '../../services/engine/base-rows';
import { modelNotFound } from '../../services/engine/engine-error';
import { readBasePage } from '../../services/engine/list-bases';
import { readPeople } from '../../services/engine/people';
import { BaseInput } from '../../services/engine/schema-shapes';
import { createField, createTable, updateField, updateTable } from '../../services/engine/schema-requests';
import { parseBody } from '../../services/engine/body';
import { showVisibleFields } from '../../services/engine/views/list-views';
import type { BearerIdentity, Calls } from './calls';

const CreateBase = BaseInput.extend({ workspaceId: z.string() });

function permissionLevel(who: BearerIdentity): string {
  if (who.scopes.includes('schema.bases:write')) return 'create';
  return who.scopes.includes('data.records:write') ? 'edit' : 'read';
}

/** `/v0/meta`: who I am, bases and their schema. */
export function createSchemaRoutes(calls: Calls, engine: Engine): Router {
  const router = Router();
  const { read, write } = calls;

  router.get(
    '/whoami',
    read(null, async ({ who, place }) => {
      const mayTell = who.scopes.includes('user.email:read');
      const email = mayTell ? (await readPeople(place, [who.userId])).get(who.userId)?.email : null;
      return { id: who.userId, scopes: who.scopes, ...(email && { email }) };
    }),
  );
  router.get(
    '/bases',
    read('schema.bases:read', async ({ tx, who, query }) => {
      const { bases, ...rest } = await readBasePage(tx, who.workspaceId, query.one('offset'));
      return { bases: bases.map((base) => ({ ...base, permissionLevel: permissionLevel(who) })), ...rest };
    }),
  );
  router.post(
    '/bases',
    write(
      'schema.bases:write',
      async ({ tx, who, body }) => {
        const { workspaceId, name, tables } = parseBody(CreateBase, body);
        if (workspaceId !== who.workspaceId) throw modelNotFound();
        const base = await engine.createBase(tx, who.workspaceId, { name, tables });
        return { id: base.id, tables: base.tables };
      },
      { baseOf: (_call, result) => z.object({ id: z.string() }).parse(result).id },
    ),
  );
  router.get(
    '/bases/:base/tables',
    read('schema.bases:read', async (call) => {
      const { tables } = await readBase(call.place);
      if (!call.query.list('include')?.includes('visibleFieldIds')) return { tables };
      return { tables: await showVisibleFields(call.place, tables) };
    }),
  );
  router.delete(
    '/bases/:base',
    write('schema.bases:write', async (call) => {
      const { id } = await lockBase(call.place);
      await engine.removeBase(call.tx, call.who.workspaceId, id);
      return { id, deleted: true };
    }),
  );
  router.post(
    '/bases/:base/tables',
    write('schema.bases:write', (call) => {
      return createTable(call.place, call.body);
    }),
  );
  router.patch(
    '/bases/:base/tables/:table',
    write('schema.bases:write', (call) => {
      return updateTable(call.place, call.part('table'), call.body);
    }),
  );
  router.post(
    '/bases/:base/tables/:table/fields',
    write('schema.bases:write', (call) => {
      return createField(call.place, call.part('table'), call.body);
    }),
  );
  router.patch(
    '/bases/:base/tables/:table/fields/:field',
    write('schema.bases:write', (call) => {
      return updateField(call.place, call.part('table'), call.part('field'), call.body);
    }),
  );
  return router;
}
