import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import sharp from 'sharp';

/** What a webhook's notification URL was sent. */
interface Ping {
  readonly body: string;
  readonly mac: string | undefined;
}

export interface OutsideServer {
  /** `host:port`, for the list of addresses that the engine may fetch from. */
  readonly host: string;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A host of the internet as clients and engine see it: it has files at `/poster.png` (640 × 480), `/notes.txt` and,
 * behind a redirect, `/moved`; it takes pings at `POST /hooks/{name}` and tells them at `GET /hooks/{name}`.
 */
export async function startOutsideServer(): Promise<OutsideServer> {
  const background = { r: 200, g: 30, b: 30 };
  const poster = await sharp({ create: { width: 640, height: 480, channels: 3, background } })
    .png()
    .toBuffer();
  const pings = new Map<string, Ping[]>();
  const hooks = async (req: IncomingMessage, res: ServerResponse, name: string) => {
    const known = pings.get(name) ?? [];
    if (req.method !== 'POST') return res.end(JSON.stringify(known));
    const header = req.headers['x-airtable-content-mac'];
    const mac = Array.isArray(header) ? header.join() : header;
    pings.set(name, [...known, { body: await bodyOf(req), mac }]);
    return res.writeHead(204).end();
  };
  const server = createServer((req, res) => {
    const path = req.url ?? '';
    if (path.startsWith('/hooks/')) return void hooks(req, res, path.slice('/hooks/'.length));
    if (path === '/poster.png') return void res.setHeader('content-type', 'image/png').end(poster);
    if (path === '/notes.txt') return void res.setHeader('content-type', 'text/plain').end('From outside');
    if (path === '/moved') return void res.writeHead(302, { location: '/notes.txt' }).end();
    return void res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A test that fails before it can close it does not keep the process.
  server.unref();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const host = `127.0.0.1:${address.port}`;
  return {
    host,
    url: `http://${host}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
