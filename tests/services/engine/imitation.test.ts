import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { EngineError } from '../../../services/engine/engine-error';
import {
  createImitation,
  type ImitatedCall,
  type Imitation,
} from '../../../services/engine/imitation/imitation';
import { readPayloadPace } from '../../../services/engine/imitation/payload-pace';
import { getImitation, removeImitation, setImitation } from '../../../services/engine/imitation/switching';
import { newId } from '../../../services/ids';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { pollUntil } from '../../support/poll';

const BASE = 'appImitation00000';
const OTHER = 'appImitation00001';

let database: TestDatabase;
let redis: Redis;
let workspaceId: string;
let imitation: Imitation;
let now: Date;

const count = { sql: 0, redis: 0 };

/** What one process has; those made in one test share Redis keys and database. */
function createProcess(redisPrefix: string): Imitation {
  return createImitation({
    db: {
      tenant: (ws, work) => {
        count.sql++;
        return database.db.tenant(ws, work);
      },
    },
    redis: {
      eval: (script, numberOfKeys, ...rest) => {
        count.redis++;
        return redis.eval(script, numberOfKeys, ...rest);
      },
    },
    config: { redisPrefix },
    clock: { now: () => now },
  });
}

const randomPrefix = () => `test:${randomBytes(8).toString('hex')}:`;
let prefix: string;

beforeAll(async () => {
  database = await createTestDatabase();
  redis = new Redis(process.env['REDIS_URL'] ?? '');
});
beforeEach(async () => {
  now = new Date('2026-03-31T23:59:00Z');
  workspaceId = newId('workspace');
  await database.db.tenant(workspaceId, async (tx) => {
    await tx.query("INSERT INTO workspaces (workspace_id, name) VALUES ($1, 'Test')", [workspaceId]);
    await tx.query(
      "INSERT INTO engine_bases (workspace_id, id, name, created_at) SELECT $1, unnest($2::text[]), 'B', now()",
      [workspaceId, [BASE, OTHER]],
    );
  });
  prefix = randomPrefix();
  imitation = createProcess(prefix);
  count.sql = count.redis = 0;
});
afterAll(async () => {
  redis.disconnect();
  await database.drop();
});

async function switchOn(subject: string, settings: Record<string, unknown> = {}): Promise<void> {
  await database.db.tenant(workspaceId, (tx) => setImitation(tx, workspaceId, subject, settings));
  imitation.forget(workspaceId);
}

const call = (over: Partial<ImitatedCall> = {}): ImitatedCall => ({
  workspaceId,
  userId: `usr_${workspaceId}`,
  tokenId: 'tok_one',
  baseId: BASE,
  kind: 'data',
  ...over,
});

/** 'ok', or the type of the refusal. */
async function outcome(over: Partial<ImitatedCall> = {}, by = imitation): Promise<string> {
  try {
    await by.admit(call(over));
    return 'ok';
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.type;
  }
}

/** Calls sent one behind the other without waiting, so that they fall into one second however busy the machine is. */
function outcomes(n: number, over: Partial<ImitatedCall> = {}): Promise<string[]> {
  return Promise.all(Array.from({ length: n }, () => outcome(over)));
}

const times = (n: number, word: string) => Array.from({ length: n }, () => word);
const LIMITED = 'RATE_LIMIT_REACHED';
const SPENT = 'PUBLIC_API_BILLING_LIMIT_EXCEEDED';

test('off: nothing is refused, Redis is never asked, and the database once for calls of one moment', async () => {
  expect(await outcomes(100)).toEqual(times(100, 'ok'));
  expect(count.redis).toBe(0);
  expect(count.sql).toBe(1);
});

describe('requests a second', () => {
  test('the sixth call to a base is refused, from whoever it comes, and so are all others during the rest', async () => {
    await switchOn(BASE);
    expect(await outcomes(5)).toEqual(times(5, 'ok'));
    const others = { userId: 'usr_another', tokenId: 'tok_another' };
    expect(await outcomes(3, others)).toEqual(times(3, LIMITED));
    expect(await outcome({ kind: 'meta' })).toBe(LIMITED);
    const rest = await redis.pttl(`${prefix}imitation:base:${workspaceId}:${BASE}:rest`);
    expect(rest).toBeGreaterThan(25_000);
    expect(rest).toBeLessThanOrEqual(30_000);
  });

  test('another base is not touched, nor one of the same id in another workspace', async () => {
    await switchOn(BASE, { perBase: 1 });
    expect(await outcomes(2)).toEqual(['ok', LIMITED]);
    expect(await outcomes(20, { baseId: OTHER })).toEqual(times(20, 'ok'));
    await switchOn(OTHER, { perBase: 1 });
    expect(await outcome({ baseId: OTHER })).toBe('ok');
  });

  test('all tokens of one user together, over all bases; other users go on', async () => {
    await switchOn('tok_one', { perUser: 4, perBase: 100 });
    await switchOn('tok_two', { perUser: 4, perBase: 100 });
    expect(await outcomes(2, { tokenId: 'tok_one' })).toEqual(times(2, 'ok'));
    expect(await outcomes(3, { tokenId: 'tok_two', baseId: OTHER })).toEqual(['ok', 'ok', LIMITED]);
    expect(await outcome({ tokenId: 'tok_one', baseId: null, kind: 'meta' })).toBe(LIMITED);
    expect(await outcome({ tokenId: 'tok_one', userId: 'usr_another' })).toBe('ok');
    expect(await outcome({ tokenId: 'tok_three' })).toBe('ok');
  });

  test('the numbers of the base go before those of the token', async () => {
    await switchOn('tok_one', { perBase: 1 });
    await switchOn(BASE, { perBase: 3 });
    expect(await outcomes(4)).toEqual(['ok', 'ok', 'ok', LIMITED]);
  });

  test('processes count together', async () => {
    await switchOn(BASE, { perBase: 10 });
    const processes = [imitation, createProcess(prefix), createProcess(prefix)];
    const found = await Promise.all(
      Array.from({ length: 30 }, (_, i) => outcome({}, processes[i % 3] ?? imitation)),
    );
    expect(found.filter((it) => it === 'ok')).toHaveLength(10);
    expect(found.filter((it) => it === LIMITED)).toHaveLength(20);
  });

  test('the rest ends by itself, is not made longer by calls during it, and the count begins anew', async () => {
    await switchOn(BASE, { perBase: 2, lockOutSeconds: 1.2 });
    expect(await outcomes(3)).toEqual(['ok', 'ok', LIMITED]);
    const began = performance.now();
    const refused: string[] = [];
    await pollUntil('the rest to end', async () => {
      const found = await outcome();
      refused.push(found);
      return found === 'ok';
    });
    expect(performance.now() - began).toBeGreaterThan(1_000);
    expect(new Set(refused.slice(0, -1))).toEqual(new Set([LIMITED]));
    expect(await outcomes(2)).toEqual(['ok', LIMITED]);
  });

  test('without a rest only what is too much is refused', async () => {
    await switchOn(BASE, { perBase: 1, lockOutSeconds: 0 });
    expect(await outcomes(2)).toEqual(['ok', LIMITED]);
    expect(await redis.exists(`${prefix}imitation:base:${workspaceId}:${BASE}:rest`)).toBe(0);
  });
});

describe('the clock of Redis, set back by an hour', () => {
  const key = (name: string) => `${prefix}imitation:base:${workspaceId}:${BASE}:${name}`;
  const HOUR = 3_600_000;

  test('leaves no calls of the future that would count', async () => {
    await switchOn(BASE, { perBase: 3, lockOutSeconds: 0 });
    await redis.lpush(key('second'), ...times(3, String(Date.now() + HOUR)));
    expect(await outcomes(4)).toEqual(['ok', 'ok', 'ok', LIMITED]);
  });

  test('makes no rest longer than rests are', async () => {
    await switchOn(BASE, { perBase: 100 });
    await redis.set(key('rest'), '1', 'PX', HOUR);
    expect(await outcome()).toBe('ok');
  });
});

describe('calls a month', () => {
  test('when they are spent data calls are refused and the schema still answers', async () => {
    await switchOn(BASE, { monthlyCalls: 3, perBase: 100 });
    expect(await outcomes(5)).toEqual(['ok', 'ok', 'ok', SPENT, SPENT]);
    expect(await outcome({ kind: 'meta' })).toBe('ok');
    await switchOn(BASE, { monthlyCalls: 4, perBase: 100 });
    expect(await outcomes(2)).toEqual(['ok', SPENT]);
  });

  test('a month is one of the calendar, UTC, and the count is the workspace’s', async () => {
    await switchOn(BASE, { monthlyCalls: 2 });
    await switchOn(OTHER, { monthlyCalls: 2 });
    expect([await outcome(), await outcome({ baseId: OTHER }), await outcome()]).toEqual(['ok', 'ok', SPENT]);
    now = new Date('2026-04-01T00:00:00Z');
    expect(await outcome()).toBe('ok');
  });

  test('a call that the rate refuses costs none of them', async () => {
    await switchOn(BASE, { monthlyCalls: 2, perBase: 1, lockOutSeconds: 0 });
    expect(await outcomes(3)).toEqual(['ok', LIMITED, LIMITED]);
    await switchOn(BASE, { monthlyCalls: 2, perBase: 100 });
    expect(await outcomes(2)).toEqual(['ok', SPENT]);
  });
});

test.each([
  ['object', ['object', 'object', 'object']],
  ['list', ['list', 'list', 'list']],
  ['alternate', ['object', 'list', 'object']],
])('refusals in the form %s', async (body, expected) => {
  await switchOn(BASE, { body, monthlyCalls: 0 });
  const forms: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    await imitation.admit(call()).catch((error: unknown) => forms.push(Reflect.get(Object(error), 'form')));
  }
  expect(forms).toEqual(expected);
});

describe('Redis does not answer', () => {
  test('where imitation is on calls are turned away, elsewhere they go on', async () => {
    await switchOn(BASE);
    const gone = new Redis(1, { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
    gone.on('error', () => undefined);
    const cut = createImitation({
      db: database.db,
      redis: gone,
      config: { redisPrefix: prefix },
      clock: { now: () => now },
    });
    await expect(cut.admit(call())).rejects.toMatchObject({ status: 503, type: 'RETRIABLE_ERROR' });
    expect(await outcome({ baseId: OTHER }, cut)).toBe('ok');
    gone.disconnect();
  });
});

describe('the switch', () => {
  const state = () => database.db.tenant(workspaceId, (tx) => getImitation(tx, workspaceId, BASE));

  test('is Airtable’s numbers unless others are given, and can be read, changed and removed', async () => {
    expect(await state()).toEqual({ imitation: null });
    await switchOn(BASE);
    const airtable = {
      perBase: 5,
      perUser: 50,
      lockOutSeconds: 30,
      monthlyCalls: null,
      body: 'object',
      payloadDelayMs: 0,
      maxRecordsPerPayload: null,
    };
    expect(await state()).toEqual({ imitation: airtable });
    await switchOn(BASE, { perBase: 7, payloadDelayMs: 250, maxRecordsPerPayload: 5 });
    expect(await state()).toEqual({
      imitation: { ...airtable, perBase: 7, payloadDelayMs: 250, maxRecordsPerPayload: 5 },
    });
    const pace = (baseId: string) =>
      database.db.tenant(workspaceId, (tx) => readPayloadPace({ tx, workspaceId, baseId }));
    expect(await pace(BASE)).toEqual({ payloadDelayMs: 250, maxRecordsPerPayload: 5 });
    expect(await pace(OTHER)).toEqual({ payloadDelayMs: 0, maxRecordsPerPayload: null });
    await database.db.tenant(workspaceId, (tx) => removeImitation(tx, workspaceId, BASE));
    expect(await state()).toEqual({ imitation: null });
  });

  test.each([
    [{ perBase: 0 }],
    [{ perUser: 1.5 }],
    [{ lockOutSeconds: -1 }],
    [{ monthlyCalls: -1 }],
    [{ body: 'xml' }],
    [{ unknown: 1 }],
    ['text'],
  ])('refuses %j', async (body) => {
    const set = database.db.tenant(workspaceId, (tx) => setImitation(tx, workspaceId, BASE, body));
    await expect(set).rejects.toMatchObject({ status: 422, type: 'INVALID_REQUEST_UNKNOWN' });
    expect(await state()).toEqual({ imitation: null });
  });

  test('another process follows within about a second', async () => {
    const other = createProcess(prefix);
    expect(await outcome({}, other)).toBe('ok');
    await switchOn(BASE, { monthlyCalls: 0, perBase: 10_000 });
    expect(await outcome()).toBe(SPENT);
    await pollUntil('the other process', async () => (await outcome({}, other)) === SPENT, 5_000);
  });

  test('goes with its base', async () => {
    await switchOn(BASE);
    await database.db.tenant(workspaceId, (tx) => tx.query('DELETE FROM engine_bases WHERE id = $1', [BASE]));
    expect(await state()).toEqual({ imitation: null });
  });
});
