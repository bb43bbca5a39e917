import type { Redis } from 'ioredis';
import { ConnectionUsage } from '../../../contracts/usage';
import type { AirtableClient, CallOptions } from '../../../services/airtable/client';
import { createAirtableGateway, type GatewayOptions } from '../../../services/airtable/gateway';
import { newId } from '../../../services/ids';
import { createUsage, type Usage } from '../../../services/usage/usage';
import { ANSWERS, startAirtableStandIn, type AirtableStandIn } from '../../support/airtable-standin';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { pollUntil } from '../../support/poll';
import {
  allPages,
  BASE,
  connectRedis,
  failureOf,
  QUICK,
  randomPrefix,
  TABLE,
  TOKEN,
} from '../airtable/setup';

const NEVER = 3_600_000;

/** One request while the table is empty. */
const readAll = (client: AirtableClient, options?: CallOptions) =>
  allPages(client.listRecords(BASE, TABLE, {}, options));

describe('the use of a connection', () => {
  let database: TestDatabase;
  let standIn: AirtableStandIn;
  let redis: Redis;
  let now: Date;
  const opened: Usage[] = [];
  const reported: unknown[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    standIn = await startAirtableStandIn();
    redis = connectRedis();
  });
  beforeEach(() => {
    now = new Date('2026-07-15T12:00:00.000Z');
    reported.length = 0;
    standIn.reset();
  });
  afterAll(async () => {
    await Promise.all(opened.map((usage) => usage.close()));
    redis.disconnect();
    await standIn.close();
    await database.drop();
  });

  /** Counting as one process has it; stored when a test says so. */
  function open(more: { flushMs?: number; db?: TestDatabase['db'] } = {}): Usage {
    const usage = createUsage({
      db: database.db,
      report: (error) => reported.push(error),
      clock: { now: () => now },
      flushMs: NEVER,
      ...more,
    });
    opened.push(usage);
    return usage;
  }

  async function connect(): Promise<{ workspaceId: string; id: string }> {
    const [workspaceId, id] = [newId('workspace'), newId('connection')];
    await database.admin.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $1)', [workspaceId]);
    await database.admin.query(
      "INSERT INTO connections (workspace_id, id, name, kind, url, token_sealed) VALUES ($1, $2, 'Mine', 'airtable', 'x', 'x')",
      [workspaceId, id],
    );
    return { workspaceId, id };
  }
  const shown = ({ workspaceId, id }: { workspaceId: string; id: string }) => open().of(workspaceId, id);

  function gatewayOf(usage: Usage, more: Partial<GatewayOptions> = {}) {
    return createAirtableGateway({
      redis,
      config: { apiUrl: 'http://localhost:1', airtableHosts: [standIn.host], redisPrefix: randomPrefix() },
      connections: {
        accessOf: async () => ({
          url: standIn.url,
          token: TOKEN,
          airtableUser: 'usrStandIn',
          writable: true,
          health: 'ok',
        }),
        recordHealth: async () => undefined,
      },
      limits: QUICK,
      usage,
      ...more,
    });
  }

  it('is nothing before there was any, in the form the API promises', async () => {
    const connection = await connect();
    const usage = await shown(connection);
    expect(ConnectionUsage.parse(usage)).toEqual(usage);
    expect(usage).toMatchObject({ month: '2026-07', calls: 0, metaCalls: 0, saved: 0, history: [] });
  });

  it('is every request sent, repeats and refused ones too, in any process', async () => {
    const connection = await connect();
    const [one, other] = [open(), open()];
    const client = await gatewayOf(one).open(connection, 'interactive');
    await readAll(client);
    standIn.script(ANSWERS.unavailable, ANSWERS.error);
    await readAll(client);
    standIn.script(ANSWERS.rateLimited);
    await readAll(client);
    standIn.script(ANSWERS.notFound);
    await failureOf(readAll(client));
    const bulk = await gatewayOf(other).open(connection, 'bulk');
    await bulk.getBaseSchema(BASE);
    await bulk.whoami();
    await readAll(bulk);
    await Promise.all([one.flush(), other.flush()]);
    expect(standIn.requests).toHaveLength(10);
    expect(await shown(connection)).toMatchObject({ calls: 8, metaCalls: 2, rateLimited: 1, saved: 0 });
  });

  it('does not hold what never left, or was taken back at the last moment', async () => {
    const connection = await connect();
    const usage = open();
    const client = await gatewayOf(usage).open(connection, 'interactive');
    const beforeSend = () => Promise.reject(new Error('not any more'));
    await expect(readAll(client, { beforeSend })).rejects.toThrow('not any more');
    const gone = await startAirtableStandIn();
    await gone.close();
    const nowhere = gatewayOf(usage, {
      config: { apiUrl: gone.url, airtableHosts: [], redisPrefix: randomPrefix() },
      connections: {
        accessOf: async () => ({
          url: gone.url,
          token: TOKEN,
          airtableUser: null,
          writable: true,
          health: 'ok',
        }),
        recordHealth: async () => undefined,
      },
    });
    const lost = await nowhere.open(connection, 'interactive');
    expect(await failureOf(readAll(lost))).toMatchObject({ kind: 'Unavailable' });
    await usage.flush();
    expect(await shown(connection)).toMatchObject({ calls: 0 });
  });

  it('is counted by the calendar month in UTC, and the last twelve are shown', async () => {
    const connection = await connect();
    const usage = open();
    const counter = usage.counterOf(connection);
    const at = (time: string, calls: number) => {
      now = new Date(time);
      counter.add({ calls });
    };
    at('2025-07-31T23:59:59.999Z', 1);
    at('2025-08-01T00:00:00.000Z', 2);
    at('2026-06-30T23:59:59.999Z', 3);
    at('2026-07-01T00:00:00.000Z', 4);
    await usage.flush();
    const { month, calls, history } = await shown(connection);
    expect({ month, calls }).toEqual({ month: '2026-07', calls: 4 });
    expect(history.map((m) => [m.month, m.calls])).toEqual([
      ['2026-06', 3],
      ['2025-08', 2],
    ]);
  });

  it('tells since when the month’s calls are spent, until a call for data works again', async () => {
    const connection = await connect();
    const usage = open();
    const client = await gatewayOf(usage).open(connection, 'interactive');
    const spend = async () => {
      standIn.script(ANSWERS.billing);
      await failureOf(readAll(client));
    };
    const first = now.toISOString();
    await spend();
    now = new Date(now.getTime() + 60_000);
    await spend();
    // Answers about the schema prove nothing: Airtable gives them all the same.
    await client.getBaseSchema(BASE);
    await usage.flush();
    expect(await shown(connection)).toMatchObject({
      calls: 2,
      metaCalls: 1,
      quotaRefusals: 2,
      quotaSpentAt: first,
    });
    now = new Date(now.getTime() + 60_000);
    await readAll(client);
    await usage.flush();
    expect(await shown(connection)).toMatchObject({ calls: 3, quotaRefusals: 2, quotaSpentAt: null });
  });

  it('believes what was seen last, whichever process stores it first', async () => {
    const connection = await connect();
    const [early, late] = [open(), open()];
    early.counterOf(connection).noteQuota('spent');
    now = new Date(now.getTime() + 1_000);
    late.counterOf(connection).noteQuota('left');
    await late.flush();
    await early.flush();
    expect(await shown(connection)).toMatchObject({ quotaSpentAt: null });
  });

  it('is stored by itself after a while, many calls at once', async () => {
    const connection = await connect();
    let writes = 0;
    const db = {
      ...database.db,
      system: ((work) => (writes++, database.db.system(work))) as typeof database.db.system,
    };
    const counter = open({ flushMs: 50, db }).counterOf(connection);
    for (let i = 0; i < 500; i++) counter.add({ calls: 1, saved: 2 });
    await pollUntil('the calls are stored', async () => (await shown(connection)).calls === 500);
    expect(await shown(connection)).toMatchObject({ saved: 1_000 });
    expect(writes).toBe(1);
  });

  it('loses nothing when storing fails: it is reported and tried again', async () => {
    const connection = await connect();
    let broken = true;
    const system: typeof database.db.system = (work) =>
      broken ? Promise.reject(new Error('PostgreSQL is away')) : database.db.system(work);
    const usage = open({ flushMs: 20, db: { ...database.db, system } });
    usage.counterOf(connection).add({ calls: 1 });
    await pollUntil('the failure is reported', async () => reported.length > 1);
    await expect(usage.flush()).rejects.toThrow('PostgreSQL is away');
    usage.counterOf(connection).add({ calls: 1, metaCalls: 1 });
    broken = false;
    await pollUntil('the calls are stored', async () => (await shown(connection)).calls === 2);
    expect(await shown(connection)).toMatchObject({ calls: 2, metaCalls: 1 });
  });

  it('is stored when the process ends in order', async () => {
    const connection = await connect();
    const usage = open();
    usage.counterOf(connection).add({ calls: 7 });
    await usage.close();
    expect(await shown(connection)).toMatchObject({ calls: 7 });
  });

  it('of a connection that was removed meanwhile keeps nobody else’s from being stored', async () => {
    const [removed, kept] = [await connect(), await connect()];
    const usage = open();
    for (const connection of [removed, kept]) usage.counterOf(connection).add({ calls: 1 });
    await usage.flush();
    await database.admin.query('DELETE FROM connections WHERE id = $1', [removed.id]);
    for (const connection of [removed, kept]) usage.counterOf(connection).add({ calls: 1 });
    await usage.flush();
    expect(await shown(kept)).toMatchObject({ calls: 2 });
    expect(await failureOf(shown(removed))).toMatchObject({ code: 'connection_not_found' });
    const left = 'SELECT 1 FROM connection_usage WHERE connection_id = $1';
    expect((await database.admin.query(left, [removed.id])).rowCount).toBe(0);
  });

  it('of another workspace is not found', async () => {
    const [mine, theirs] = [await connect(), await connect()];
    const usage = open();
    usage.counterOf(theirs).add({ calls: 1 });
    await usage.flush();
    expect(await failureOf(usage.of(mine.workspaceId, theirs.id))).toMatchObject({
      kind: 'NotFound',
      code: 'connection_not_found',
    });
  });
});
