import type { Redis } from 'ioredis';
import type { AirtableClient } from '../../../../services/airtable/client';
import { startAirtableStandIn, type AirtableStandIn } from '../../../support/airtable-standin';
import { CONNECTION, connectRedis, createTestGateway, failureOf } from '../setup';
import { EVERY_CALL } from './every-call';

let redis: Redis;
let standIn: AirtableStandIn;
let client: AirtableClient;
let reader: AirtableClient;
beforeAll(async () => {
  redis = connectRedis();
  standIn = await startAirtableStandIn();
  const open = (writable: boolean) =>
    createTestGateway(standIn, redis, { access: { writable } }).gateway.open(CONNECTION, 'interactive');
  client = await open(true);
  reader = await open(false);
});
beforeEach(() => standIn.reset());
afterAll(async () => {
  redis.disconnect();
  await standIn.close();
});

const paths = () =>
  standIn.requests.map(({ method, path, query }) => {
    const asked = [...query].map(([key, value]) => `${key}=${value}`).join('&');
    return `${method} ${path}${asked && `?${asked}`}`;
  });

it('no call of a client is left out here', () => {
  expect(EVERY_CALL.map(({ name }) => name).sort()).toEqual(Object.keys(client).sort());
});

describe.each(EVERY_CALL)('$name', ({ effect, request, make, answer, wrong }) => {
  it('asks for the right thing and takes the right answer', async () => {
    standIn.script({ status: 200, body: answer });
    await make(client);
    expect(paths()).toEqual([request]);
  });

  it.each([...wrong.map((body) => [body]), ['<html>welcome to this hotel</html>'], ['"done"']])(
    'believes no other answer: %j',
    async (body) => {
      standIn.always({ status: 200, body });
      const error = await failureOf(make(client));
      // What may have created something is not sent again; whoever looks finds out what became of it.
      if (effect === 'create') {
        expect(error).toMatchObject({ kind: 'Upstream', code: 'ambiguous_write' });
        expect(error.details['reason']).toBe('unexpected_answer');
        expect(standIn.requests).toHaveLength(1);
      } else {
        expect(error).toMatchObject({ kind: 'Upstream', code: 'unexpected_answer' });
        expect(standIn.requests.length).toBeGreaterThan(1);
      }
    },
  );

  if (effect !== 'read') {
    it('is not made on a connection that only reads', async () => {
      expect(await failureOf(make(reader))).toMatchObject({ code: 'connection_read_only' });
      expect(standIn.requests).toEqual([]);
    });
  } else {
    it('is made on a connection that only reads', async () => {
      standIn.script({ status: 200, body: answer });
      await make(reader);
      expect(standIn.requests).toHaveLength(1);
    });
  }

  it('is sent again after a fault only where that is safe', async () => {
    standIn.script({ status: 503 }, { status: 200, body: answer });
    const outcome = await make(client).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
    expect([outcome, standIn.requests.length]).toEqual(
      effect === 'create' ? ['ambiguous_write', 1] : ['done', 2],
    );
  });
});
