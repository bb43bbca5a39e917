import { gzipSync, brotliCompressSync } from 'node:zlib';
import type { LookupAll } from '../../../../services/files/public-address';
import type { Outgoing } from '../../../../services/airtable/wire/exchange';
import { ExchangeFailure } from '../../../../services/airtable/wire/exchange-failure';
import { createHosts, type Host, type Hosts } from '../../../../services/airtable/wire/hosts';
import { pollUntil } from '../../../support/poll';
import { http, requestsTo, startRawServer, type RawConnection, type RawServer } from './raw-server';

const TOKEN = 'patCanary.of-the-wire';
const LIMIT = 200_000;

let server: RawServer;
let hosts: Hosts;
beforeEach(async () => {
  server = await startRawServer();
  hosts = createHosts({ maxAnswerBytes: LIMIT });
});
afterEach(async () => {
  await hosts.close();
  await server.close();
});

const host = (): Host => hosts.hostOf(`http://127.0.0.1:${server.port}`, false);
const POST = { method: 'POST', body: { text: '{"x":"é"}', contentType: 'application/json' } };
const DELETE = { method: 'DELETE', body: undefined };

function outgoing(over: Partial<Outgoing> = {}): Outgoing {
  return {
    url: `http://127.0.0.1:${server.port}/v0/app/tbl?a=1`,
    method: 'GET',
    token: TOKEN,
    beforeSend: async () => undefined,
    ...over,
  };
}

const send = (over: Partial<Outgoing> = {}, signal = new AbortController().signal, to = host()) =>
  to.exchange(outgoing(over), signal);

/** Answers each request, once it is whole, with these bytes. */
function answerWith(...answers: (string | Buffer)[]): void {
  server.onData = (connection) => {
    const [head, body = ''] = connection.received.split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/.exec(head ?? '')?.[1] ?? 0);
    if (!connection.received.includes('\r\n\r\n') || body.length < length) return;
    connection.socket.write(answers.shift() ?? http(500, 'no more answers'));
  };
}

async function failureOf(call: Promise<unknown>): Promise<ExchangeFailure> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ExchangeFailure))
    throw new Error(`expected an ExchangeFailure, got ${String(error)}`);
  // undici's own errors carry sockets and headers: nothing of them is kept.
  expect(JSON.stringify(error)).not.toContain(TOKEN);
  expect(error.cause).toBeUndefined();
  return error;
}

const until = (what: string, ask: () => boolean) => pollUntil(what, async () => ask());

describe('a request', () => {
  it('goes out as it is given, asking for no compression', async () => {
    answerWith(http(200, '{"ok":1}', ['X-One: a', 'X-One: b']));
    const answer = await send(POST);
    expect(answer).toMatchObject({ status: 200, text: '{"ok":1}', headers: { 'x-one': 'a, b' } });
    const [head = '', body = ''] = (server.connections[0]?.received ?? '').split('\r\n\r\n');
    expect(head.split('\r\n')).toEqual(
      expect.arrayContaining([
        'POST /v0/app/tbl?a=1 HTTP/1.1',
        `authorization: Bearer ${TOKEN}`,
        'accept-encoding: identity',
        'content-type: application/json',
        'content-length: 10',
      ]),
    );
    expect(Buffer.from(body, 'latin1').toString('utf8')).toBe('{"x":"é"}');
  });

  it.each(['GET', 'DELETE'])('%s without a body has no length', async (method) => {
    answerWith(http(200, ''));
    await send({ method });
    expect(server.connections[0]?.received).not.toMatch(/content-length|transfer-encoding/);
  });

  it('is not redirected', async () => {
    answerWith(http(302, '', [`location: http://127.0.0.1:${server.port}/elsewhere`]));
    expect(await send()).toMatchObject({ status: 302 });
    expect(requestsTo(server)).toBe(1);
  });

  it('follows another on the same connection', async () => {
    answerWith(http(200, 'one'));
    await send();
    const [first] = server.connections;
    if (!first) throw new Error('no connection');
    first.received = '';
    // undici uses a connection again from the next turn of the event loop on.
    await new Promise(setImmediate);
    answerWith(http(200, 'two'));
    expect((await send()).text).toBe('two');
    expect(server.connections).toHaveLength(1);
  });

  it('never waits behind another on one connection', async () => {
    const calls = [send(), send(), send()];
    await until('three connections', () => requestsTo(server) === 3);
    expect(server.connections.map(({ received }) => received.match(/ HTTP\/1\.1/g))).toHaveLength(3);
    for (const { socket } of server.connections) socket.write(http(200, 'x'));
    expect(await Promise.all(calls)).toHaveLength(3);
  });
});

describe('the fence', () => {
  /** A name that takes its time, as a slow connection does. */
  function slowHost() {
    let connect: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (connect = resolve));
    const lookup: LookupAll = () => gate.then(() => [{ address: '127.0.0.1', family: 4 }]);
    const slow = createHosts({ maxAnswerBytes: LIMIT, lookup });
    return { slow, host: slow.hostOf(`http://slow.test:${server.port}`, false), connect };
  }

  describe.each([
    ['a create', POST],
    ['a delete', DELETE],
    ['a read', { method: 'GET' }],
  ])('%s', (_, request) => {
    it('is asked when the connection stands, and not before', async () => {
      const { slow, host: slowly, connect } = slowHost();
      answerWith(http(200, 'done'));
      let connectedWhenAsked: number | undefined;
      const beforeSend = async () => void (connectedWhenAsked = slow.states()[0]?.connections.open);
      const call = send({ ...request, beforeSend }, undefined, slowly);
      await until('connecting', () => slow.states()[0]?.connections.open === 1);
      expect(connectedWhenAsked).toBeUndefined();
      connect();
      expect((await call).text).toBe('done');
      expect(connectedWhenAsked).toBe(1);
      expect(server.connections).toHaveLength(1);
      await slow.close();
    });

    it('nothing has left while it is asked, nor after it refused; its error is the caller’s', async () => {
      let refuse: (error: Error) => void = () => undefined;
      const asked = new Promise<void>((__, reject) => (refuse = reject));
      const call = send({ ...request, beforeSend: () => asked });
      call.catch(() => undefined);
      await until('a connection', () => server.connections.length === 1);
      const lost = new Error('the lease was lost');
      refuse(lost);
      await expect(call).rejects.toBe(lost);
      await server.connections[0]?.closed;
      expect(server.connections[0]?.received).toBe('');
      answerWith(http(200, 'the next one'));
      expect((await send(request)).text).toBe('the next one');
    });

    it('one that hangs ends with the signal, and nothing leaves when it wakes', async () => {
      const controller = new AbortController();
      let wake: () => void = () => undefined;
      const hanging = new Promise<void>((resolve) => (wake = resolve));
      const call = send({ ...request, beforeSend: () => hanging }, controller.signal);
      const failed = failureOf(call);
      await until('a connection', () => server.connections.length === 1);
      controller.abort();
      // It was waiting for the caller, not for the server.
      expect(await failed).toMatchObject({ reason: 'ABORTED', sent: false, waitedMs: 0 });
      wake();
      await server.connections[0]?.closed;
      expect(server.connections[0]?.received).toBe('');
    });

    it('a connection that breaks while it is asked has sent nothing', async () => {
      let pass: () => void = () => undefined;
      const asked = new Promise<void>((resolve) => (pass = resolve));
      const failed = failureOf(send({ ...request, beforeSend: () => asked }));
      await until('a connection', () => server.connections.length === 1);
      server.connections[0]?.socket.destroy();
      expect(await failed).toMatchObject({ sent: false });
      pass();
      expect(requestsTo(server)).toBe(0);
    });

    it('an answer that comes while it is asked answers nothing', async () => {
      let pass: () => void = () => undefined;
      const asked = new Promise<void>((resolve) => (pass = resolve));
      server.onConnection = ({ socket }) => void socket.write(http(200, '{"records":[]}'));
      const failed = failureOf(send({ ...request, beforeSend: () => asked }));
      expect(await failed).toMatchObject({ sent: false });
      pass();
      expect(requestsTo(server)).toBe(0);
    });

    it('a time that is up while connecting sends nothing, then or later', async () => {
      const { slow, host: slowly, connect } = slowHost();
      const controller = new AbortController();
      let asked = 0;
      const failed = failureOf(
        send({ ...request, beforeSend: async () => void asked++ }, controller.signal, slowly),
      );
      await until('connecting', () => slow.states()[0]?.connections.open === 1);
      controller.abort();
      expect(await failed).toMatchObject({ reason: 'ABORTED', sent: false });
      connect();
      await until('the connection to end', () => slow.states()[0]?.connections.waiting === 0);
      await slow.close();
      expect(asked).toBe(0);
      expect(requestsTo(server)).toBe(0);
    });
  });

  it('is not asked while TLS is still being agreed', async () => {
    const controller = new AbortController();
    let asked = 0;
    const secure = hosts.hostOf(`https://127.0.0.1:${server.port}`, false);
    const failed = failureOf(
      send({ ...POST, beforeSend: async () => void asked++ }, controller.signal, secure),
    );
    await until('a hello', () => (server.connections[0]?.received ?? '') !== '');
    controller.abort();
    expect(await failed).toMatchObject({ sent: false });
    expect(asked).toBe(0);
  });

  it('is asked once for each request of many, in the middle of others', async () => {
    server.onData = (connection) => {
      if (connection.received.endsWith('}')) connection.socket.write(http(200, 'x'));
    };
    const asked: number[] = [];
    const calls = Array.from({ length: 200 }, (_, i) =>
      send({ ...POST, beforeSend: async () => void asked.push(i) }),
    );
    await Promise.all(calls);
    expect([...asked].sort((a, b) => a - b)).toEqual(calls.map((_, i) => i));
    expect(requestsTo(server)).toBe(200);
    expect(server.connections.length).toBeLessThanOrEqual(64);
  });
});

describe('answers that are not right', () => {
  const after = (what: (connection: RawConnection) => void) => {
    server.onData = (connection) => {
      if (connection.received.includes('\r\n\r\n')) what(connection);
    };
  };

  it.each<[string, (connection: RawConnection) => void]>([
    ['a reset', ({ socket }) => void socket.resetAndDestroy()],
    ['a half-closed socket', ({ socket }) => void socket.end()],
    [
      'a body that stops',
      ({ socket }) => void socket.end('HTTP/1.1 200 X\r\ncontent-length: 50\r\n\r\n{"rec'),
    ],
    ['a head that stops', ({ socket }) => void socket.end('HTTP/1.1 200 X\r\ncontent-le')],
    [
      'a chunk that stops',
      ({ socket }) => void socket.end('HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"'),
    ],
    ['no HTTP', ({ socket }) => void socket.write('SSH-2.0-hello\r\n')],
    [
      'two lengths',
      ({ socket }) => void socket.write('HTTP/1.1 200 X\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
    ],
    [
      'an upgrade',
      ({ socket }) => void socket.write('HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
  ])('%s is no answer, and the request may have landed', async (_, what) => {
    after(what);
    const failure = await failureOf(send(POST));
    expect(failure).toMatchObject({ sent: true });
    expect(failure.reason).toMatch(/^[A-Z_]+$/);
    expect(requestsTo(server)).toBe(1);
  });

  it('what comes after the end of an answer does not answer the next request', async () => {
    answerWith(http(200, 'one') + http(200, 'stowaway'), http(200, 'two'));
    expect((await send()).text).toBe('one');
    answerWith(http(200, 'two'));
    expect((await send()).text).toBe('two');
  });

  it('a longer body than its length says is cut, and the connection is not used again', async () => {
    answerWith('HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\n{}garbage');
    expect((await send()).text).toBe('{}');
    answerWith(http(200, 'two'));
    expect((await send()).text).toBe('two');
    expect(server.connections).toHaveLength(2);
  });

  it('early hints are passed over', async () => {
    answerWith(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${http(200, 'the answer')}`);
    expect(await send()).toMatchObject({ status: 200, text: 'the answer' });
  });

  it('an answer before the request was read to its end counts', async () => {
    server.onConnection = ({ socket }) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(http(413, 'too much'));
      });
    };
    const text = 'x'.repeat(8 * 1024 * 1024);
    expect(await send({ method: 'POST', body: { text, contentType: 'text/csv' } })).toMatchObject({
      status: 413,
    });
  });

  it('gzip is undone although it was not asked for, other codings are not', async () => {
    const packed = (bytes: Buffer, coding: string) =>
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 200 X\r\ncontent-encoding: ${coding}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
        ),
        bytes,
      ]);
    answerWith(packed(gzipSync('{"a":1}'), 'gzip'));
    expect((await send()).text).toBe('{"a":1}');
    for (const [bytes, coding, reason] of [
      [brotliCompressSync('{}'), 'br', 'ANSWER_ENCODED'],
      [gzipSync('{}').subarray(0, 12), 'gzip', 'ANSWER_ENCODED'],
      [gzipSync('x'.repeat(LIMIT * 10)), 'gzip', 'ANSWER_TOO_LARGE'],
    ] as const) {
      for (const { socket } of server.connections) socket.destroy();
      await until('no connection', () => hosts.states()[0]?.connections.open === 0);
      answerWith(packed(bytes, coding));
      expect(await failureOf(send())).toMatchObject({ reason, sent: true });
    }
  });

  it('one without an end is given up at its limit, and the socket closed', async () => {
    after(({ socket }) => void socket.write(`HTTP/1.1 200 X\r\n\r\n${'x'.repeat(LIMIT + 1)}`));
    expect(await failureOf(send())).toMatchObject({ reason: 'ANSWER_TOO_LARGE' });
    await server.connections[0]?.closed;
  });

  it('one that drips ends with the signal, and the socket with it', async () => {
    after(({ socket }) => void socket.write('HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{'));
    const controller = new AbortController();
    const failed = failureOf(send({}, controller.signal));
    await until('the request', () => requestsTo(server) === 1);
    controller.abort();
    expect(await failed).toMatchObject({ reason: 'ABORTED', sent: true });
    await server.connections[0]?.closed;
  });
});

describe('the end', () => {
  it('closes kept connections, and sends nothing afterwards', async () => {
    answerWith(http(200, 'x'));
    await send();
    await hosts.close();
    await server.connections[0]?.closed;
    expect(hosts.states()[0]?.connections).toEqual({ open: 0, running: 0, waiting: 0 });
    expect(await failureOf(send())).toMatchObject({ reason: 'GATEWAY_CLOSED', sent: false });
  });

  it('waits for a request under way', async () => {
    const call = send(POST);
    await until('the request', () => requestsTo(server) === 1);
    const closing = hosts.close();
    server.connections[0]?.socket.write(http(200, 'just in time'));
    expect((await call).text).toBe('just in time');
    await closing;
  });

  it('ends a connection that never stands', async () => {
    const never = createHosts({ maxAnswerBytes: LIMIT, lookup: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const failed = failureOf(send({}, controller.signal, never.hostOf('http://never.test:1', false)));
    await until('connecting', () => never.states()[0]?.connections.open === 1);
    controller.abort();
    expect(await failed).toMatchObject({ sent: false });
    await never.close();
    expect(never.states()[0]?.connections.open).toBe(0);
  });
});
