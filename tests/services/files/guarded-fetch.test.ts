import { createServer, type Server } from 'node:http';
import { createGuardedFetch, type GuardedAnswer } from '../../../services/files/guarded-fetch';
import type { LookupAll } from '../../../services/files/public-address';

const LIMITS = { maxBytes: 1_000, timeoutMs: 10_000 };
const seen: { url: string; method: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
let server: Server;
let host: string;
let abandoned: Promise<void> | undefined;

beforeAll(async () => {
  server = createServer((req, res) => {
    const parts: Buffer[] = [];
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('end', () => {
      const url = req.url ?? '';
      const body = Buffer.concat(parts).toString();
      seen.push({ url, method: req.method ?? '', headers: req.headers, body });
      const redirect = /^\/redirect\/(\d)$/.exec(url);
      if (redirect)
        res
          .writeHead(302, {
            location: redirect[1] === '0' ? '/plain' : `/redirect/${Number(redirect[1]) - 1}`,
          })
          .end();
      else if (url === '/to-private') res.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
      else if (url === '/to-name')
        res.writeHead(307, { location: `http://inside.example:${host.split(':')[1]}/plain` }).end();
      else if (url === '/to-file') res.writeHead(302, { location: 'file:///etc/passwd' }).end();
      else if (url === '/other-protocol')
        res.socket?.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\nx');
      else if (url === '/endless-to-file') {
        res.writeHead(302, { location: 'file:///etc/passwd' }).write('x');
        abandoned = new Promise((resolve) => res.on('close', resolve));
      } else if (url === '/endless') {
        res.writeHead(200);
        const more = () => res.writable && res.write('x'.repeat(400), () => setImmediate(more));
        more();
      } else if (url === '/announced')
        res.writeHead(200, { 'content-length': '5000' }).end('x'.repeat(5_000));
      else if (url === '/gzip') res.writeHead(200, { 'content-encoding': 'gzip' }).end('?');
      else if (url === '/silent') return;
      else if (url === '/stuck') res.writeHead(200).write('half');
      else if (url === '/broken')
        res.writeHead(200, { 'content-length': '10' }).write('half', () => res.destroy());
      else res.writeHead(url === '/plain' ? 200 : 404, { 'content-type': 'text/plain' }).end('hello');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  host = `127.0.0.1:${address.port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => void (seen.length = 0));

async function read(answer: GuardedAnswer): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer.body) parts.push(part);
  return Buffer.concat(parts).toString();
}

const listed = () => createGuardedFetch({ fetchHosts: [host] });
const unlisted = (lookup?: LookupAll) => createGuardedFetch({ fetchHosts: [], ...(lookup && { lookup }) });
const REFUSED = { kind: 'Forbidden', code: 'address_not_allowed' };

describe('a fetch of what someone else named', () => {
  it('gets what a listed host answers', async () => {
    const answer = await listed()({ url: `http://${host}/plain`, ...LIMITS });
    expect([answer.status, answer.headers['content-type'], await read(answer)]).toEqual([
      200,
      'text/plain',
      'hello',
    ]);
  });

  it('tells the status of a refusal, which is no error of the fetch', async () => {
    const answer = await listed()({ url: `http://${host}/missing`, ...LIMITS });
    answer.discard();
    expect(answer.status).toBe(404);
  });

  it('posts a body with headers, and follows no redirect then', async () => {
    const headers = { 'content-type': 'application/json', 'x-mark': 'a' };
    const post = { method: 'POST', headers, body: '{"a":1}', ...LIMITS } as const;
    const answer = await listed()({ url: `http://${host}/plain`, ...post });
    expect(await read(answer)).toBe('hello');
    expect(seen[0]).toMatchObject({ method: 'POST', body: '{"a":1}', headers: { 'x-mark': 'a' } });
    const redirected = await listed()({ url: `http://${host}/redirect/0`, ...post });
    redirected.discard();
    expect(redirected.status).toBe(302);
  });

  const CLOSED = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://100.64.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://localhost/',
  ];
  it.each(CLOSED)('refuses %s', async (url) => {
    await expect(unlisted()({ url, ...LIMITS })).rejects.toMatchObject(REFUSED);
  });

  it('refuses the address of a listed host under a port that is not listed', async () => {
    await expect(listed()({ url: 'http://127.0.0.1:1/', ...LIMITS })).rejects.toMatchObject(REFUSED);
  });

  it('refuses a public name that leads to a private address, also when only one of several does', async () => {
    const ports = host.split(':')[1];
    const lookup: LookupAll = async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const url = `http://files.example:${ports}/plain`;
    await expect(unlisted(lookup)({ url, ...LIMITS })).rejects.toMatchObject(REFUSED);
    await expect(
      unlisted(async () => [{ address: '::ffff:127.0.0.1', family: 6 }])({ url, ...LIMITS }),
    ).rejects.toMatchObject(REFUSED);
    expect(seen).toEqual([]);
  });

  it('does not go by the name: localhost with a dot is refused for its address', async () => {
    const lookup: LookupAll = async () => [{ address: '127.0.0.1', family: 4 }];
    await expect(unlisted(lookup)({ url: 'http://localhost./', ...LIMITS })).rejects.toMatchObject(REFUSED);
  });

  it('checks every redirect', async () => {
    const fetch = createGuardedFetch({
      fetchHosts: [host],
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    for (const path of ['/to-private', '/to-name'])
      await expect(fetch({ url: `http://${host}${path}`, ...LIMITS })).rejects.toMatchObject(REFUSED);
    await expect(fetch({ url: `http://${host}/to-file`, ...LIMITS })).rejects.toMatchObject({
      code: 'invalid_url',
    });
  });

  it('follows three redirects and not a fourth, and takes headers only to the first host', async () => {
    const headers = { 'x-mark': 'a' };
    expect(await read(await listed()({ url: `http://${host}/redirect/2`, headers, ...LIMITS }))).toBe(
      'hello',
    );
    expect(seen.map((request) => request.url)).toEqual([
      '/redirect/2',
      '/redirect/1',
      '/redirect/0',
      '/plain',
    ]);
    await expect(listed()({ url: `http://${host}/redirect/3`, ...LIMITS })).rejects.toMatchObject({
      code: 'too_many_redirects',
    });
  });

  it.each([
    'ftp://files.example/a',
    'file:///etc/passwd',
    'data:text/plain,a',
    'http://a:b@files.example/',
    'no address',
  ])('takes no %s', async (url) => {
    await expect(unlisted()({ url, ...LIMITS })).rejects.toMatchObject({ code: 'invalid_url' });
  });

  it.each(['/endless', '/announced'])('stops at the size limit (%s)', async (path) => {
    const answer = await listed()({ url: `http://${host}${path}`, ...LIMITS });
    await expect(read(answer)).rejects.toMatchObject({ code: 'file_too_large' });
  });

  it('takes an answer in another protocol for none', async () => {
    await expect(listed()({ url: `http://${host}/other-protocol`, ...LIMITS })).rejects.toMatchObject({
      kind: 'Unavailable',
      code: 'unreachable',
    });
  });

  it('leaves no connection behind when a redirect leads nowhere', async () => {
    await expect(listed()({ url: `http://${host}/endless-to-file`, ...LIMITS })).rejects.toMatchObject({
      code: 'invalid_url',
    });
    await abandoned;
    expect(abandoned).toBeDefined();
  });

  it('stops when the time is up, before the answer and within it', async () => {
    const soon = { maxBytes: 1_000, timeoutMs: 200 };
    await expect(listed()({ url: `http://${host}/silent`, ...soon })).rejects.toMatchObject({
      code: 'timed_out',
    });
    const answer = await listed()({ url: `http://${host}/stuck`, ...soon });
    await expect(read(answer)).rejects.toMatchObject({ code: 'timed_out' });
  });

  it("stops with the caller's own reason when it is cancelled", async () => {
    const reason = new Error('not needed any more');
    const cancelled = AbortSignal.abort(reason);
    await expect(listed()({ url: `http://${host}/silent`, signal: cancelled, ...LIMITS })).rejects.toBe(
      reason,
    );
  });

  it('tells a broken answer from a short one, and a compressed one from a plain one', async () => {
    const broken = await listed()({ url: `http://${host}/broken`, ...LIMITS });
    await expect(read(broken)).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    const gzip = await listed()({ url: `http://${host}/gzip`, ...LIMITS });
    await expect(read(gzip)).rejects.toMatchObject({ code: 'unexpected_encoding' });
  });
});
