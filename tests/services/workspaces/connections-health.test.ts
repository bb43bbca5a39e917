import { z } from 'zod';
import { SagatableError } from '../../../contracts/errors';
import type { Perform } from '../../../services/airtable/call';
import { createNarrowing } from '../../../services/airtable/narrowing';
import { retestConnection } from '../../../services/workspaces/connection-upkeep';
import { ANSWERS } from '../../support/airtable-standin';
import { pollUntil } from '../../support/poll';
import { BASE, failureOf, TABLE } from '../airtable/setup';
import { createConnectionsWorld, READING, whoami, WRITING, type ConnectionsWorld } from './connections-world';

describe('the health of connections', () => {
  let w: ConnectionsWorld;
  beforeAll(async () => {
    w = await createConnectionsWorld();
  });
  beforeEach(() => w.standIn.reset());
  afterAll(() => w.close());

  describe('a test of a saved one', () => {
    it.each([
      [ANSWERS.unauthorized, 'unauthorized', 'connection_unauthorized'],
      [ANSWERS.garbage, 'unreachable', 'connection_unreachable'],
      [whoami(['data.records:read']), 'narrowed', 'scopes_missing'],
      [whoami(READING), 'narrowed', 'scopes_missing'],
      [whoami(WRITING), 'ok', null],
      [whoami(), 'ok', null],
    ])('%j gives %s %s', async (answer, health, healthReason) => {
      const { id } = await w.add(WRITING, { writable: true });
      await w.connections.recordHealth(w.workspaceId, id, 'unauthorized');
      w.standIn.script(answer);
      const tested = await retestConnection(w.context(), w.workspaceId, id);
      expect(tested).toMatchObject({ health, healthReason });
      expect(tested.healthCheckedAt).toBe(tested.testedAt);
      expect(await w.get(id)).toEqual(tested);
    });

    it('asks once in five seconds, and gives the stored answer in between', async () => {
      const { id } = await w.add(WRITING);
      w.standIn.reset();
      const first = await retestConnection(w.context(), w.workspaceId, id);
      const requests = w.standIn.requests.length;
      w.standIn.always(ANSWERS.unauthorized);
      expect(await retestConnection(w.context(), w.workspaceId, id)).toEqual(first);
      expect(w.standIn.requests).toHaveLength(requests);
      await w.forgetTest(id);
      expect(await retestConnection(w.context(), w.workspaceId, id)).toMatchObject({
        health: 'unauthorized',
      });
    });

    it('of a token that was replaced meanwhile is not told of the new one', async () => {
      const { id } = await w.add(WRITING);
      const { tokenVersion } = await w.connections.accessOf(w.workspaceId, id);
      w.standIn.script(whoami(WRITING));
      await w.change(id, { token: 'patOther' });
      const failed = { failed: 'connection_unauthorized' } as const;
      expect(await w.connections.recordTest(w.workspaceId, id, failed, tokenVersion)).toMatchObject({
        health: 'ok',
      });
      await w.connections.recordHealth(w.workspaceId, id, 'unauthorized', tokenVersion);
      expect(await w.get(id)).toMatchObject({ health: 'ok' });
      const seen = { scopes: [], refused: [] };
      expect(await w.connections.recordScopes(w.workspaceId, id, seen, tokenVersion)).toEqual([]);
    });
  });

  describe('health', () => {
    it.each(['unauthorized', 'unreachable'] as const)('%s is healed by a good answer', async (health) => {
      const { id } = await w.add(WRITING);
      await w.connections.recordHealth(w.workspaceId, id, health);
      expect(await w.get(id)).toMatchObject({ health, healthReason: `connection_${health}` });
      const client = await w.open(id);
      await client.listBases();
      await pollUntil(`healed of ${health}`, async () => (await w.get(id)).health === 'ok');
      expect((await w.get(id)).healthReason).toBeNull();
    });

    it('a revoked token is seen at the call that is refused', async () => {
      const { id } = await w.add(WRITING);
      const client = await w.open(id);
      w.standIn.script(ANSWERS.unauthorized);
      expect(await failureOf(client.getBaseSchema(BASE))).toMatchObject({ code: 'connection_unauthorized' });
      await pollUntil('unauthorized', async () => (await w.get(id)).health === 'unauthorized');
    });
  });

  describe('a 403', () => {
    it('of a token that lost the scope says which, once asked for all', async () => {
      const { id } = await w.add(WRITING, { writable: true });
      const client = await w.open(id);
      w.standIn.reset();
      w.standIn.script(ANSWERS.forbidden, whoami(READING), ANSWERS.forbidden, ANSWERS.forbidden);
      const write = () => client.createRecords(BASE, TABLE, [{}]);
      const first = await failureOf(write());
      expect(first).toMatchObject({
        kind: 'Forbidden',
        code: 'connection_narrowed',
        details: { lostScopes: ['data.records:write'], upstreamStatus: 403 },
      });
      expect(first.message).toContain('data.records:write');
      expect(await failureOf(write())).toMatchObject({ code: 'connection_narrowed' });
      // What needs another scope is refused for another reason.
      expect(await failureOf(client.getBaseSchema(BASE))).toMatchObject({ code: 'connection_forbidden' });
      expect(w.standIn.requests.filter(({ path }) => path === '/v0/meta/whoami')).toHaveLength(1);
      expect(await w.get(id)).toMatchObject({
        health: 'narrowed',
        healthReason: 'scopes_lost',
        lostScopes: ['data.records:write'],
        scopes: READING,
      });
    });

    it('of a narrowed token: good answers do not heal it, a revocation is told all the same, a test heals it', async () => {
      const { id } = await w.add(WRITING);
      await w.connections.recordScopes(w.workspaceId, id, { scopes: READING, refused: [] });
      await w.connections.recordHealth(w.workspaceId, id, 'ok');
      expect(await w.get(id)).toMatchObject({ health: 'narrowed', healthReason: 'scopes_lost' });
      await w.connections.recordHealth(w.workspaceId, id, 'unauthorized');
      expect(await w.get(id)).toMatchObject({ health: 'unauthorized' });
      await w.connections.recordHealth(w.workspaceId, id, 'ok');
      expect(await w.get(id)).toMatchObject({ health: 'narrowed', lostScopes: ['data.records:write'] });
      w.standIn.script(whoami(WRITING));
      expect(await retestConnection(w.context(), w.workspaceId, id)).toMatchObject({
        health: 'ok',
        lostScopes: [],
      });
    });

    it('with the scopes as they were is about the base, the table or the field', async () => {
      const { id } = await w.add(WRITING);
      const client = await w.open(id);
      w.standIn.script(ANSWERS.forbidden, whoami(WRITING));
      const error = await failureOf(client.getBaseSchema(BASE));
      expect(error.code).toBe('connection_forbidden');
      expect(error.details).not.toHaveProperty('missingScopes');
      expect(await w.get(id)).toMatchObject({ health: 'ok', lostScopes: [] });
    });

    it('for a scope that the token never had names it', async () => {
      const { id } = await w.add(['data.records:read', 'schema.bases:read']);
      await w.database.admin.query('UPDATE connections SET writable = true WHERE id = $1', [id]);
      const client = await w.open(id);
      w.standIn.script(ANSWERS.forbidden, whoami(READING));
      expect(await failureOf(client.createRecords(BASE, TABLE, [{}]))).toMatchObject({
        code: 'connection_forbidden',
        details: { missingScopes: ['data.records:write'] },
      });
    });

    it('where Airtable does not tell the scopes is looked into by what a test could do', async () => {
      const { id } = await w.add(undefined);
      const client = await w.open(id);
      w.standIn.script(ANSWERS.forbidden, whoami(), ANSWERS.forbidden);
      expect(await failureOf(client.getBaseSchema(BASE))).toMatchObject({
        code: 'connection_narrowed',
        details: { lostScopes: ['schema.bases:read'] },
      });
      expect(await w.get(id)).toMatchObject({ health: 'narrowed', scopes: null });
    });

    it('is asked about again after a minute, and never about the asking', async () => {
      let now = 0;
      const paths: string[] = [];
      const forbidden: Perform = (call) => {
        paths.push(call.path);
        return Promise.reject(new SagatableError('Forbidden', 'no', { code: 'connection_forbidden' }));
      };
      const perform = createNarrowing(() => now).explain('one', forbidden, async () => [], 45_000);
      const call = { method: 'GET', path: '/meta/bases/appX/tables', effect: 'read', baseId: null } as const;
      for (const [at, times] of [
        [0, 1],
        [59_000, 1],
        [60_000, 2],
      ] as const) {
        now = at;
        const asked = perform({ ...call, answer: z.unknown(), options: {} });
        expect(await failureOf(asked)).toMatchObject({ code: 'connection_forbidden' });
        expect(paths.filter((path) => path === '/meta/whoami')).toHaveLength(times);
      }
      expect(paths).toHaveLength(5);
    });

    it('keeps to the deadline of the call', async () => {
      const { id } = await w.add(WRITING);
      const client = await w.open(id);
      w.standIn.script(ANSWERS.forbidden, { hang: true });
      expect(await failureOf(client.getBaseSchema(BASE, { deadlineMs: 1_000 }))).toMatchObject({
        code: 'connection_forbidden',
      });
    });
  });
});
