import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import express from 'express';
import fc from 'fast-check';
import { z } from 'zod';
import { parseBody, parseParams } from '../../api/parse';
import { createProblemHandler } from '../../api/problems';
import { ProposeEditInput } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import { RegisterUserInput } from '../../contracts/identity';

const logged: Array<Record<string, unknown>> = [];
let server: Server;
let origin: string;
beforeAll(async () => {
  const app = express();
  app.use((_req, res, next) => {
    res.locals['requestId'] = 'the-request';
    next();
  });
  app.use(express.json({ limit: '10kb' }));
  app.post('/users', (req, res) => {
    res.json(parseBody(RegisterUserInput, req));
  });
  app.post('/edits', (req, res) => {
    res.json(parseBody(ProposeEditInput, req));
  });
  app.get('/things/:n', (req, res) => {
    res.json(parseParams(z.object({ n: z.coerce.number().int() }), req, 'There is no such thing.'));
  });
  app.get('/limit', () => {
    throw new SagatableError('LimitReached', 'Too fast.', {
      retryAfterMs: 1_200,
      details: { limit: 5, status: 200 },
    });
  });
  app.get('/mistake', () => {
    throw new Error('password=hunter2 at 10.0.0.1');
  });
  app.get('/begun', (_req, res) => {
    res.write('a beginning');
    throw new Error('too late');
  });
  app.use(
    createProblemHandler({ logger: { error: (entry: Record<string, unknown>) => void logged.push(entry) } }),
  );
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

async function post(
  path: string,
  body: BodyInit | null,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const response = await fetch(origin + path, { method: 'POST', body, headers });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}
const send = async (path: string, body: unknown): Promise<unknown> =>
  JSON.parse((await post(path, JSON.stringify(body))).text);

describe('a problem', () => {
  it('has all members of RFC 9457, a stable code, its details, and when to come back', async () => {
    const response = await fetch(`${origin}/limit`);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toEqual({
      type: 'urn:sagatable:problem:limit_reached',
      title: 'A limit was reached',
      status: 429,
      detail: 'Too fast.',
      code: 'limit_reached',
      instance: 'the-request',
      limit: 5,
    });
  });

  it('of our own making shows nothing, and is logged under the id it shows', async () => {
    const response = await fetch(`${origin}/mistake`);
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toEqual([
      500,
      expect.objectContaining({ code: 'internal', instance: 'the-request' }),
    ]);
    expect(text).not.toMatch(/hunter2|10\.0\.0\.1|at /);
    expect(logged.at(-1)).toMatchObject({
      id: 'the-request',
      path: '/mistake',
      err: { message: 'password=hunter2 at 10.0.0.1' },
    });
  });

  it('after the answer has begun breaks it off, so that half of it is not taken for the whole', async () => {
    await expect(fetch(`${origin}/begun`).then((r) => r.text())).rejects.toThrow();
  });

  it.each<[string, BodyInit | null, Record<string, string>, number, string]>([
    ['malformed JSON', '{"a":', { 'content-type': 'application/json' }, 400, 'malformed_json'],
    ['a JSON text that is no object', '5', { 'content-type': 'application/json' }, 400, 'malformed_json'],
    [
      'too much',
      JSON.stringify('x'.repeat(11_000)),
      { 'content-type': 'application/json' },
      413,
      'body_too_large',
    ],
    [
      'too much when unpacked',
      gzipSync('['.padEnd(50_000)),
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      413,
      'body_too_large',
    ],
    [
      'a foreign encoding',
      '{}',
      { 'content-type': 'application/json', 'content-encoding': 'rot13' },
      415,
      'unsupported_media_type',
    ],
    [
      'a foreign charset',
      '{}',
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'unsupported_media_type',
    ],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['nothing', null, {}, 400, 'body_missing'],
    [
      'broken gzip',
      'nonsense',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      400,
      'unreadable_request',
    ],
  ])('is the answer to %s', async (_, body, headers, status, code) => {
    const answer = await post('/users', body, headers);
    expect(answer.type).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(answer.text)).toMatchObject({ status, code });
  });

  it('is NotFound for a parameter that cannot be, and for a broken escape in a path', async () => {
    const answers = await Promise.all(['x', '%E0%A4%A'].map((n) => fetch(`${origin}/things/${n}`)));
    expect(answers.map((a) => a.status)).toEqual([404, 404]);
    expect(await answers[0]?.json()).toMatchObject({ detail: 'There is no such thing.', code: 'not_found' });
  });
});

describe('a wrong body', () => {
  it('is answered with every field that is wrong, missing or unknown, by pointer and in words', async () => {
    const answer = await send('/users', { email: 'x', name: ' ', nick: 1, 'a/b~c': 2 });
    expect(answer).toMatchObject({
      status: 422,
      code: 'invalid_input',
      detail: 'email must be an e-mail address; password is needed; name must not be empty; and 2 more.',
      errors: [
        { pointer: '/email', message: 'must be an e-mail address' },
        { pointer: '/password', message: 'is needed' },
        { pointer: '/name', message: 'must not be empty' },
        { pointer: '/nick', message: 'is not a known field' },
        { pointer: '/a~1b~0c', message: 'is not a known field' },
      ],
    });
  });

  it('with a password over 72 bytes is refused in words, without repeating it', async () => {
    const password = 'geheim'.repeat(13);
    const { text } = await post('/users', JSON.stringify({ email: 'a@example.com', name: 'A', password }));
    expect(JSON.parse(text)).toMatchObject({
      status: 422,
      detail: 'password must be at most 72 bytes long in UTF-8.',
    });
    expect(text).not.toContain('geheim');
  });

  it('that is a union says what is wrong with the option meant', async () => {
    const baseId = `app${'x'.repeat(14)}`;
    expect(
      await send('/edits', {
        baseId,
        changes: [{ kind: 'update', table: 'Films', recordId: 'x', cells: {} }],
      }),
    ).toMatchObject({
      errors: [{ pointer: '/changes/0/recordId', message: expect.stringContaining('record id') as string }],
    });
    expect(await send('/edits', { baseId, changes: [{ kind: 'explode' }] })).toMatchObject({
      errors: [{ pointer: '/changes/0/kind' }],
    });
    expect(await send('/edits', [])).toMatchObject({ status: 422 });
  });

  it('of any shape is a 422 with a pointer into it, and never a 500', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.object({ maxDepth: 3 }), fc.array(fc.jsonValue())), async (body) => {
        expect(await send('/users', body)).toMatchObject({
          status: 422,
          code: 'invalid_input',
          detail: expect.stringMatching(/\.$/) as string,
          errors: expect.arrayContaining([
            { pointer: expect.stringMatching(/^(\/|$)/) as string, message: expect.any(String) as string },
          ]) as unknown[],
        });
      }),
      { seed: 20_260, numRuns: 100 },
    );
  });

  it('with a thousand unknown fields gets a short answer', async () => {
    const body = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`unknown${i}`, 1]));
    const { text } = await post('/users', JSON.stringify(body));
    expect(text.length).toBeLessThan(3_000);
  });
});
