import type { Redis } from 'ioredis';
import {
  startAirtableStandIn,
  ANSWERS,
  type AirtableStandIn,
  type Script,
} from '../../support/airtable-standin';
import { pollUntil } from '../../support/poll';
import { allPages, BASE, CONNECTION, connectRedis, createTestGateway, failureOf, NAME, TABLE } from './setup';

/** Everything after which nobody can tell whether a request was carried out. */
const UNCLEAR: [string, Script][] = [
  ['500', ANSWERS.error],
  ['502', ANSWERS.badGateway],
  ['503', ANSWERS.unavailable],
  ['503 with Retry-After', { ...ANSWERS.unavailable, headers: { 'retry-after': '1' } }],
  ['garbage', ANSWERS.garbage],
  ['an answer of another form', { status: 200, body: { records: 'many' } }],
  ['an answer about other records', { status: 200, body: { records: [null] } }],
  ['a socket dropped before the work', { drop: 'before' }],
  ['a socket dropped after the work', { drop: 'after' }],
  ['a socket dropped in the answer', { drop: 'midway' }],
  ['408', { status: 408 }],
];

describe('faults', () => {
  let standIn: AirtableStandIn;
  let redis: Redis;

  beforeAll(async () => {
    standIn = await startAirtableStandIn();
    redis = connectRedis();
  });
  beforeEach(() => standIn.reset());
  afterAll(async () => {
    redis.disconnect();
    await standIn.close();
  });

  const open = (limits = {}) =>
    createTestGateway(standIn, redis, { limits }).gateway.open(CONNECTION, 'interactive');
  const sent = (method: string) => standIn.requests.filter((r) => r.method === method).length;

  /** A record the stand-in holds, made without the gateway. */
  function place(id = 'rec00000000000001'): string {
    standIn.records.set(id, { id, createdTime: '2026-01-01T00:00:00.000Z', fields: { [NAME]: 'before' } });
    return id;
  }

  describe.each(UNCLEAR)('after %s', (_, script) => {
    it('a create is not sent again: it ends as ambiguous', async () => {
      const client = await open();
      standIn.script(script);
      const error = await failureOf(client.createRecords(BASE, TABLE, [{ [NAME]: 'x' }]));
      expect(error).toMatchObject({ kind: 'Upstream', code: 'ambiguous_write', retryable: false });
      expect(error.details['mayHaveLanded']).toBe(true);
      expect(sent('POST')).toBe(1);
    });

    it('a read, an update and a delete are, and end well', async () => {
      const client = await open();
      const id = place();
      standIn.script(script);
      expect(await allPages(client.listRecords(BASE, TABLE))).toHaveLength(1);
      expect(sent('GET')).toBe(2);
      standIn.reset();

      place();
      standIn.script(script);
      await client.updateRecords(BASE, TABLE, [{ id, fields: { [NAME]: 'after' } }]);
      expect(sent('PATCH')).toBe(2);
      expect(standIn.records.get(id)?.fields[NAME]).toBe('after');

      standIn.script(script);
      await client.deleteRecords(BASE, TABLE, [id]);
      expect(sent('DELETE')).toBe(2);
      expect(standIn.records.size).toBe(0);
    });
  });

  it('a create is not sent again by the HTTP client either: fetch would repeat it after a 421', async () => {
    const client = await open();
    standIn.script({ status: 421 });
    expect(await failureOf(client.createRecords(BASE, TABLE, [{}]))).toMatchObject({
      code: 'airtable_rejected',
    });
    expect(sent('POST')).toBe(1);
  });

  it('what keeps failing ends after a few requests, with what is known of it', async () => {
    const client = await open();
    standIn.always(ANSWERS.error);
    const error = await failureOf(client.updateRecords(BASE, TABLE, [{ id: place(), fields: {} }]));
    expect(error).toMatchObject({ kind: 'Upstream', code: 'airtable_error', retryable: true });
    expect(error.details).toMatchObject({
      attempts: 4,
      mayHaveLanded: true,
      upstreamStatus: 500,
      requestId: 'req-of-the-stand-in',
    });
    expect(sent('PATCH')).toBe(4);
  });

  it('an update that was refused at its repeat may still have landed before', async () => {
    const client = await open();
    const id = place();
    const refuse = { status: 422, body: { error: { type: 'INVALID_VALUE_FOR_COLUMN', message: 'no' } } };
    standIn.script(refuse);
    const first = await failureOf(client.updateRecords(BASE, TABLE, [{ id, fields: {} }]));
    expect(first.details['mayHaveLanded']).toBe(false);
    standIn.script({ drop: 'after' }, refuse);
    const second = await failureOf(client.updateRecords(BASE, TABLE, [{ id, fields: {} }]));
    expect(second.details['mayHaveLanded']).toBe(true);
  });

  it('an update that got no slot for its repeat tells that it may have landed all the same', async () => {
    const client = await open({ maxWaitMs: { interactive: 300, bulk: 300 }, attempts: 3, stillMs: 5_000 });
    standIn.script({ drop: 'after' }, ANSWERS.rateLimited);
    const update = () => client.updateRecords(BASE, TABLE, [{ id: place(), fields: {} }]);
    expect(await failureOf(update())).toMatchObject({
      code: 'airtable_rate_limit',
      details: { mayHaveLanded: true },
    });
    expect(await failureOf(update())).toMatchObject({ code: 'rate_wait', details: { mayHaveLanded: false } });
  });

  it('a Retry-After too long to sit out is handed on', async () => {
    const client = await open();
    standIn.script({ ...ANSWERS.unavailable, headers: { 'retry-after': '20' } });
    expect(await failureOf(client.whoami())).toMatchObject({
      kind: 'Unavailable',
      code: 'airtable_unavailable',
      retryAfterMs: 20_000,
    });
    expect(standIn.requests).toHaveLength(1);
  });

  it('an answer about other records than those sent is not believed', async () => {
    const client = await open();
    const other = { id: 'rec00000000000009', createdTime: '', fields: {} };
    standIn.always({ status: 200, body: { records: [other] } });
    expect(await failureOf(client.updateRecords(BASE, TABLE, [{ id: place(), fields: {} }]))).toMatchObject({
      code: 'unexpected_answer',
    });
    standIn.always({ status: 200, body: other });
    const error = await failureOf(client.getRecord(BASE, TABLE, place()));
    // The answer is somebody's data: it is not in the error.
    expect(error.details).toMatchObject({ upstream: '(JSON)', problem: ': is another record' });
  });

  describe('a delete whose first request was not answered', () => {
    it('counts records as deleted that are gone at the repeat, and deletes the others', async () => {
      const client = await open();
      const ids = ['rec00000000000001', 'rec00000000000002', 'rec00000000000003'].map(place);
      standIn.script({ drop: 'before' });
      standIn.records.delete('rec00000000000002');
      await client.deleteRecords(BASE, TABLE, ids);
      expect(standIn.records.size).toBe(0);
    });

    it('but a record that was never there is told', async () => {
      const client = await open();
      expect(await failureOf(client.deleteRecords(BASE, TABLE, ['rec00000000000007']))).toMatchObject({
        kind: 'NotFound',
      });
      const both = await failureOf(client.deleteRecords(BASE, TABLE, ['rec00000000000007', place()]));
      expect(both).toMatchObject({ kind: 'InvalidInput', details: { airtableType: 'ROW_DOES_NOT_EXIST' } });
      expect(standIn.records.size).toBe(1);
    });
  });

  describe('deadlines', () => {
    it('a read that hangs ends in time, its socket closed', async () => {
      const client = await open();
      standIn.always({ hang: true });
      const begun = performance.now();
      expect(await failureOf(client.whoami({ deadlineMs: 200 }))).toMatchObject({
        kind: 'Unavailable',
        code: 'deadline_exceeded',
        retryable: true,
      });
      // Not the usual deadline of 45 s.
      expect(performance.now() - begun).toBeLessThan(10_000);
      await standIn.requests[0]?.hungUp;
    });

    it('one that hangs once is asked again within the deadline', async () => {
      const client = await open({ attemptMs: 100 });
      standIn.script({ hang: true });
      expect(await client.whoami({ deadlineMs: 5_000 })).toMatchObject({ id: 'usrStandIn' });
      expect(standIn.requests).toHaveLength(2);
    });

    it.each([true, false])('a create that hangs is ambiguous (lost: %s)', async (lost) => {
      const client = await open({ attemptMs: 50 });
      standIn.script({ hang: true, lost });
      expect(await failureOf(client.createRecords(BASE, TABLE, [{}], { deadlineMs: 300 }))).toMatchObject({
        code: 'ambiguous_write',
      });
      expect(standIn.requests).toHaveLength(1);
    });

    it('a beforeSend that hangs is not waited for longer, and nothing is sent', async () => {
      const client = await open();
      const beforeSend = () => new Promise<void>(() => undefined);
      expect(
        await failureOf(client.createRecords(BASE, TABLE, [{}], { deadlineMs: 100, beforeSend })),
      ).toMatchObject({ code: 'deadline_exceeded', details: { mayHaveLanded: false } });
      expect(standIn.requests).toHaveLength(0);
    });
  });

  it('a beforeSend slower than one request may be is asked again, and nothing was sent before', async () => {
    const { gateway, health } = createTestGateway(standIn, redis, { limits: { attemptMs: 60 } });
    const client = await gateway.open(CONNECTION, 'interactive');
    const id = place();
    for (const write of [
      (beforeSend: () => Promise<void>) =>
        client.updateRecords(BASE, TABLE, [{ id, fields: {} }], { beforeSend }),
      (beforeSend: () => Promise<void>) => client.deleteRecords(BASE, TABLE, [id], { beforeSend }),
    ]) {
      standIn.requests.length = 0;
      let asked = 0;
      await write(async () => (asked++ ? undefined : new Promise(() => undefined)));
      expect(asked).toBe(2);
      expect(standIn.requests).toHaveLength(1);
    }
    expect(health).toEqual([]);
  });

  describe('cancellation', () => {
    it('closes the socket of a request in flight', async () => {
      const client = await open();
      standIn.always({ hang: true });
      const controller = new AbortController();
      const failed = failureOf(client.getBaseSchema(BASE, { signal: controller.signal }));
      await pollUntil('the request', async () => standIn.requests[0]);
      controller.abort();
      expect(await failed).toMatchObject({ kind: 'Unavailable', code: 'cancelled', retryable: false });
      await standIn.requests[0]?.hungUp;
      expect(standIn.requests).toHaveLength(1);
    });

    it('ends the wait for a slot, and the call is not sent', async () => {
      const client = await open({ pace: { airtable: { perBase: 0.2 }, engine: { perBase: 1 } } });
      await client.getBaseSchema(BASE);
      const controller = new AbortController();
      const failed = failureOf(client.createRecords(BASE, TABLE, [{}], { signal: controller.signal }));
      controller.abort();
      expect(await failed).toMatchObject({ code: 'cancelled', details: { mayHaveLanded: false } });
      expect(standIn.requests).toHaveLength(1);
    });

    it('of a create in flight is ambiguous, of an update tells that it may have landed', async () => {
      const client = await open();
      standIn.always({ hang: true });
      for (const code of ['ambiguous_write', 'cancelled']) {
        standIn.requests.length = 0;
        const controller = new AbortController();
        const { signal } = controller;
        const write =
          code === 'cancelled'
            ? client.updateRecords(BASE, TABLE, [{ id: place(), fields: {} }], { signal })
            : client.createRecords(BASE, TABLE, [{}], { signal });
        const failed = failureOf(write);
        await pollUntil('the request', async () => standIn.requests[0]);
        controller.abort();
        expect(await failed).toMatchObject({ code, details: { mayHaveLanded: true } });
      }
    });

    it('before the call sends nothing', async () => {
      const client = await open();
      expect(await failureOf(client.whoami({ signal: AbortSignal.abort() }))).toMatchObject({
        code: 'cancelled',
      });
      expect(standIn.requests).toHaveLength(0);
    });
  });

  describe('the fence', () => {
    it('stops a request right before it is sent', async () => {
      const client = await open();
      const lost = new Error('the lease was lost');
      const beforeSend = () => Promise.reject(lost);
      const id = place();
      for (const write of [
        () => client.createRecords(BASE, TABLE, [{}], { beforeSend }),
        () => client.updateRecords(BASE, TABLE, [{ id, fields: {} }], { beforeSend }),
        () => client.deleteRecords(BASE, TABLE, [id], { beforeSend }),
      ]) {
        await expect(write()).rejects.toBe(lost);
      }
      expect(standIn.requests).toHaveLength(0);
    });

    it('is asked again before each repeat', async () => {
      const client = await open();
      standIn.always({ drop: 'before' });
      const told: boolean[] = [];
      const beforeSend = async (before: { mayHaveLanded: boolean }) => {
        if (told.push(before.mayHaveLanded) === 3) throw new Error('the lease was lost');
      };
      await expect(
        client.updateRecords(BASE, TABLE, [{ id: place(), fields: {} }], { beforeSend }),
      ).rejects.toThrow('lease');
      expect(sent('PATCH')).toBe(2);
      expect(told).toEqual([false, true, true]);
    });

    it('is asked after the wait for a slot', async () => {
      const client = await open({ pace: { airtable: { perBase: 4 }, engine: { perBase: 1 } } });
      const checked: number[] = [];
      const beforeSend = async () => void checked.push(performance.now());
      await Promise.all([1, 2, 3].map(() => client.createRecords(BASE, TABLE, [{}], { beforeSend })));
      // Asked before it, all three would have been asked at once.
      expect((checked[2] ?? 0) - (checked[0] ?? 0)).toBeGreaterThan(400);
      standIn.requests.forEach(({ at }, i) => expect(at).toBeGreaterThan(checked[i] ?? Infinity));
    });
  });

  it('a server that is not there is told apart: nothing was sent, a create may be tried again', async () => {
    const gone = await startAirtableStandIn();
    const { gateway, health } = createTestGateway(gone, redis);
    const client = await gateway.open(CONNECTION, 'interactive');
    await gone.close();
    const error = await failureOf(client.createRecords(BASE, TABLE, [{}]));
    expect(error).toMatchObject({
      kind: 'Unavailable',
      code: 'unreachable',
      retryable: true,
      details: { mayHaveLanded: false, network: 'ECONNREFUSED' },
    });
    expect(health).toEqual(['unreachable']);
  });

  it('leaves no timer and no listener behind', async () => {
    const client = await open();
    const controller = new AbortController();
    let listening = 0;
    const signal = controller.signal;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => (listening++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listening--, remove(...args));
    const timers = () => process.getActiveResourcesInfo().filter((r) => r === 'Timeout').length;
    await client.whoami({ signal });
    const before = timers();
    standIn.script(ANSWERS.error, { drop: 'before' });
    for (let i = 0; i < 10; i++) await client.whoami({ signal });
    expect(listening).toBe(0);
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
