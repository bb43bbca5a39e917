import type { Redis } from 'ioredis';
import { ERRORS } from '../../../contracts/errors';
import { REFUSALS } from '../../../services/airtable/refusal-table';
import { startAirtableStandIn, ANSWERS, type AirtableStandIn } from '../../support/airtable-standin';
import { BASE, CONNECTION, connectRedis, createTestGateway, failureOf, TOKEN } from './setup';

const refusal = (status: number, type?: string) => ({
  status,
  body: type ? { error: { type, message: 'why' } } : '',
});

describe('errors', () => {
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

  const open = async (limits = {}) => {
    const { gateway, health } = createTestGateway(standIn, redis, { limits });
    return { client: await gateway.open(CONNECTION, 'interactive'), health };
  };

  it.each([
    ['a revoked token', ANSWERS.unauthorized, 'Forbidden', 'connection_unauthorized', false],
    ['a token too narrow', ANSWERS.forbidden, 'Forbidden', 'connection_forbidden', false],
    ['an id that is not there', ANSWERS.notFound, 'NotFound', 'airtable_not_found', false],
    ['the same in its other form', refusal(404, 'NOT_FOUND'), 'NotFound', 'airtable_not_found', false],
    ['no JSON', refusal(400), 'InvalidInput', 'airtable_rejected', false],
    ['too much', refusal(413), 'InvalidInput', 'airtable_too_large', false],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      'Upstream',
      'redirect_refused',
      false,
    ],
    [
      'too fast',
      { ...ANSWERS.rateLimited, headers: { 'retry-after': '30' } },
      'LimitReached',
      'airtable_rate_limit',
      true,
    ],
    ['a spent quota', ANSWERS.billing, 'LimitReached', 'airtable_quota', false],
    ['a failure', ANSWERS.error, 'Upstream', 'airtable_error', true],
    ['a bad gateway', ANSWERS.badGateway, 'Unavailable', 'airtable_unavailable', true],
    ['a pause', ANSWERS.unavailable, 'Unavailable', 'airtable_unavailable', true],
    ['garbage', ANSWERS.garbage, 'Upstream', 'unexpected_answer', true],
  ] as const)('%s', async (_, script, kind, code, retryable) => {
    const { client } = await open({ attempts: 1 });
    standIn.script(script);
    const error = await failureOf(client.getBaseSchema(BASE));
    expect(error).toMatchObject({ kind, code, retryable });
    expect(error.details).toMatchObject({ upstreamStatus: script.status, requestId: 'req-of-the-stand-in' });
    expect(standIn.requests).toHaveLength(1);
  });

  it.each(
    REFUSALS.flatMap((row) =>
      (row.types ?? ['ANY_OTHER_TYPE']).map((type) => [`${row.status} ${type}`, row, type] as const),
    ),
  )('%s has its code, and a sentence that says what to do', async (_, row, type) => {
    const { client } = await open({ attempts: 1 });
    const status = typeof row.status === 'number' ? row.status : Number(row.status[0]) * 100 + 97;
    standIn.script(refusal(status, type));
    const error = await failureOf(client.getBaseSchema(BASE));
    const { kind, code, message } = row;
    expect(error).toMatchObject({
      kind,
      code,
      message,
      details: { upstreamStatus: status, airtableType: type },
    });
    expect(error.retryable).toBe(row.retryable ?? ERRORS[kind].retryable);
    expect(message).toMatch(/^[A-Z].*\.$/);
  });

  it('every type has one code, and each code one kind', () => {
    const types = REFUSALS.flatMap(({ status, types: named = [] }) =>
      named.map((type) => `${status} ${type}`),
    );
    expect(new Set(types).size).toBe(types.length);
    const kinds = new Map(REFUSALS.map(({ code, kind }) => [code, kind]));
    for (const { code, kind } of REFUSALS) expect(kinds.get(code)).toBe(kind);
  });

  it('Airtable’s type is kept for programs, its words as data only', async () => {
    const { client } = await open();
    standIn.script({
      status: 422,
      body: { error: { type: 'UNKNOWN_FIELD_NAME', message: 'Unknown field name: "<b>x</b>"' } },
    });
    const error = await failureOf(client.getBaseSchema(BASE));
    expect(error.details).toMatchObject({
      airtableType: 'UNKNOWN_FIELD_NAME',
      upstream: 'Unknown field name: "<b>x</b>"',
    });
    expect(error.message).not.toContain('Unknown field');
  });

  it('upstream text is cut, and what cannot be seen is shown', async () => {
    const { client } = await open();
    standIn.script({
      status: 422,
      body: { error: { type: 'bad type\n', message: `a\u001b[31m\u202e\r\n${'x'.repeat(2_000)}` } },
    });
    const { details } = await failureOf(client.getBaseSchema(BASE));
    expect(details).not.toHaveProperty('airtableType');
    expect(details['upstream']).toMatch(/^a\\u\{1b\}\[31m\\u\{202e\}\\u\{d\}\\u\{a\}x+…$/);
    expect(String(details['upstream'])).toHaveLength(500);
  });

  it('a server that sends the token back does not get it into an error', async () => {
    const { client } = await open();
    standIn.script({
      status: 403,
      body: { error: { type: 'X', message: `no ${TOKEN}!` } },
      headers: { 'x-request-id': TOKEN },
    });
    expect((await failureOf(client.getBaseSchema(BASE))).details).toMatchObject({
      upstream: 'no [token]!',
      requestId: '[token]',
    });
  });

  it('a token that fits into no header is refused without being named', async () => {
    const { gateway } = createTestGateway(standIn, redis, { access: { token: `${TOKEN}\nx` } });
    expect(await failureOf(gateway.open(CONNECTION, 'bulk'))).toMatchObject({
      code: 'connection_unauthorized',
    });
  });

  it('an endless answer is not read to its end', async () => {
    const { client } = await open({ maxAnswerBytes: 1_000 });
    standIn.always({ status: 200, body: 'x'.repeat(100_000) });
    expect(await failureOf(client.getBaseSchema(BASE))).toMatchObject({
      code: 'no_answer',
      details: { network: 'ANSWER_TOO_LARGE', attempts: 1 },
    });
  });

  it('the connection’s health follows what is seen, and is written when it changes only', async () => {
    const { client, health } = await open();
    await client.whoami();
    standIn.script(ANSWERS.unauthorized, ANSWERS.unauthorized);
    await failureOf(client.whoami());
    await failureOf(client.whoami());
    await client.whoami();
    await client.whoami();
    expect(health).toEqual(['unauthorized', 'ok']);
  });
});
