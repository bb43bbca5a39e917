import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { createAirtableGateway, type AirtableGateway } from '../../../services/airtable/gateway';
import { parseKeyRing } from '../../../services/encryption';
import { newId } from '../../../services/ids';
import { testConnection } from '../../../services/workspaces/connection-test';
import { createConnections, type Connections } from '../../../services/workspaces/connections';
import { ANSWERS, startAirtableStandIn, type AirtableStandIn } from '../../support/airtable-standin';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { connectRedis, failureOf, randomPrefix, TOKEN } from '../airtable/setup';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

describe('connections', () => {
  let database: TestDatabase;
  let standIn: AirtableStandIn;
  let redis: Redis;
  let connections: Connections;
  let config: { apiUrl: string; airtableHosts: string[]; redisPrefix: string };
  const [oldKey, newKey] = [key('old'), key('new')];
  const [mine, theirs] = [newId('workspace'), newId('workspace')];

  beforeAll(async () => {
    database = await createTestDatabase();
    standIn = await startAirtableStandIn();
    redis = connectRedis();
    config = { apiUrl: 'http://localhost:3000', airtableHosts: [standIn.host], redisPrefix: randomPrefix() };
    connections = createConnections({ db: database.db, keyRing: parseKeyRing(oldKey), config });
    for (const id of [mine, theirs]) {
      await database.db.tenant(id, (tx) =>
        tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $1)', [id]),
      );
    }
  });
  beforeEach(() => standIn.reset());
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    redis.disconnect();
    await standIn.close();
    await database.drop();
  });

  async function insert(
    more: {
      workspaceId?: string;
      kind?: 'engine' | 'airtable';
      url?: string;
      writable?: boolean;
      airtableUser?: string;
    } = {},
  ) {
    const connection = {
      workspaceId: mine,
      id: newId('connection'),
      name: 'Mine',
      kind: 'airtable' as const,
      url: standIn.url,
      token: TOKEN,
      writable: false,
      ...more,
    };
    return database.db.tenant(connection.workspaceId, (tx) => connections.insert(tx, connection));
  }

  const gateways: AirtableGateway[] = [];
  function openGateway(): AirtableGateway {
    const gateway = createAirtableGateway({ redis, config, connections });
    gateways.push(gateway);
    return gateway;
  }

  it('are shown without their token, which is encrypted at rest', async () => {
    const made = await insert({ airtableUser: 'usrX' });
    expect(made).toEqual({
      id: made.id,
      workspaceId: mine,
      name: 'Mine',
      kind: 'airtable',
      url: standIn.url,
      writable: false,
      health: 'ok',
      healthCheckedAt: made.testedAt,
      healthReason: null,
      testedAt: expect.any(String) as string,
      scopes: null,
      missingScopes: [],
      lostScopes: [],
      baseCount: null,
      share: 3,
      monthlyCalls: null,
      createdAt: made.createdAt,
    });
    expect(await connections.get(mine, made.id)).toEqual(made);
    const { rows } = await database.admin.query('SELECT * FROM connections WHERE id = $1', [made.id]);
    expect(JSON.stringify(rows)).not.toContain(TOKEN);
    expect(await connections.tokenOf(mine, made.id)).toBe(TOKEN);
  });

  it('of another workspace look like none', async () => {
    const { id } = await insert({ workspaceId: theirs });
    for (const call of [
      connections.get(mine, id),
      connections.tokenOf(mine, id),
      connections.get(mine, newId('connection')),
    ]) {
      expect(await failureOf(call)).toMatchObject({ kind: 'NotFound', code: 'connection_not_found' });
    }
    expect((await connections.list(mine)).map((c) => c.id)).not.toContain(id);
    await database.db.tenant(mine, async (tx) => {
      expect(await connections.remove(tx, theirs, id)).toBe(false);
      expect(await failureOf(connections.setWritable(tx, theirs, id, true))).toMatchObject({
        kind: 'NotFound',
      });
    });
    expect(await connections.get(theirs, id)).toMatchObject({ writable: false });
  });

  it('are switched to writing, and removed, in the caller’s transaction', async () => {
    const { id } = await insert();
    const rolledBack = database.db.tenant(mine, async (tx) => {
      await connections.setWritable(tx, mine, id, true);
      throw new Error('back');
    });
    await expect(rolledBack).rejects.toThrow('back');
    expect((await connections.get(mine, id)).writable).toBe(false);
    expect(await database.db.tenant(mine, (tx) => connections.setWritable(tx, mine, id, true))).toMatchObject(
      { writable: true },
    );
    expect(await database.db.tenant(mine, (tx) => connections.remove(tx, mine, id))).toBe(true);
    expect(await failureOf(connections.get(mine, id))).toMatchObject({ kind: 'NotFound' });
  });

  it('of the engine follow it to where it is now', async () => {
    const { id } = await insert({ kind: 'engine', url: 'ignored' });
    const moved = createConnections({
      db: database.db,
      keyRing: parseKeyRing(oldKey),
      config: { ...config, apiUrl: 'http://localhost:4000' },
    });
    expect(await moved.accessOf(mine, id)).toMatchObject({ url: 'http://localhost:4000', token: TOKEN });
  });

  it('go to no host that is not allowed', async () => {
    expect(await failureOf(insert({ url: 'http://127.0.0.1:1' }))).toMatchObject({
      code: 'endpoint_not_allowed',
    });
  });

  it('keep their tokens through a change of keys, and say when a key is gone or a token was moved', async () => {
    const [first, second] = [await insert(), await insert()];
    const withKeys = (keys: string) =>
      createConnections({ db: database.db, keyRing: parseKeyRing(keys), config });
    expect(await failureOf(withKeys(newKey).tokenOf(mine, first.id))).toMatchObject({
      kind: 'Unavailable',
      code: 'connection_token_unreadable',
    });
    expect(await withKeys(`${newKey},${oldKey}`).tokenOf(mine, first.id)).toBe(TOKEN);
    // Used once, the token is sealed with the current key, and the old one is not needed any more.
    expect(await withKeys(newKey).tokenOf(mine, first.id)).toBe(TOKEN);
    await database.admin.query(
      'UPDATE connections SET token_sealed = (SELECT token_sealed FROM connections WHERE id = $1) WHERE id = $2',
      [first.id, second.id],
    );
    expect(await failureOf(connections.tokenOf(mine, second.id))).toMatchObject({
      code: 'connection_token_unreadable',
    });
  });

  it('show their health as the gateway sees it', async () => {
    const { id } = await insert();
    const client = await openGateway().open({ workspaceId: mine, id }, 'interactive');
    standIn.script(ANSWERS.unauthorized);
    expect(await failureOf(client.whoami())).toMatchObject({ code: 'connection_unauthorized' });
    await connections.recordHealth(mine, id, 'unauthorized');
    expect((await connections.get(mine, id)).health).toBe('unauthorized');
  });

  describe('are tested before they are saved', () => {
    it('a good one tells its user, scopes and bases', async () => {
      expect(await testConnection(openGateway(), { url: standIn.url, token: TOKEN })).toEqual({
        airtableUser: 'usrStandIn',
        scopes: ['data.records:read'],
        bases: [{ id: 'appStandIn0000000', name: 'Stand-in', permissionLevel: 'create' }],
      });
    });

    it.each([
      ['a bad token', ANSWERS.unauthorized, 'connection_unauthorized'],
      ['a narrow token', ANSWERS.forbidden, 'connection_unauthorized'],
      [
        'an owner who may not',
        { status: 403, body: { error: { type: 'INVALID_PERMISSIONS', message: 'You are not permitted' } } },
        'connection_unauthorized',
      ],
      ['a server of another kind', ANSWERS.notFound, 'connection_unreachable'],
      ['a redirect', { status: 307, headers: { location: 'http://10.0.0.1' } }, 'connection_unreachable'],
    ])('%s is told by its class, and nothing else', async (_, script, code) => {
      standIn.always(script);
      const error = await failureOf(testConnection(openGateway(), { url: standIn.url, token: TOKEN }));
      expect(error).toMatchObject({ kind: 'InvalidInput', code, details: {} });
      expect(error.cause).toBeUndefined();
    });

    it('a host that is not allowed is not asked', async () => {
      const error = await failureOf(
        testConnection(openGateway(), { url: 'http://169.254.169.254', token: TOKEN }),
      );
      expect(error).toMatchObject({ kind: 'InvalidInput', code: 'connection_not_allowed' });
    });
  });
});
