import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrival } from './arrivals';

export interface CountingProxy {
  readonly url: string;
  /** All requests that came, but for those to `/log`; the order is that of their answers. */
  readonly arrivals: readonly Arrival[];
  close(): Promise<void>;
}

/**
 * Stands before a server and notes when each request came and how it was answered; nothing is changed or held up. It counts
 * by itself: neither the server's limits nor the gateway's know of it. `GET /log` answers with what was noted. `target` is
 * asked for at each request, for a server that is started later.
 */
export async function startCountingProxy(target: () => string, port = 0): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  const arrivals: Arrival[] = [];

  function forward(req: IncomingMessage, res: ServerResponse): void {
    const at = performance.now();
    const { method = 'GET', url = '/', headers } = req;
    const note = (status: number) =>
      arrivals.push({
        at,
        tookMs: performance.now() - at,
        method,
        path: url.split('?')[0] ?? '',
        agent: headers['user-agent'] ?? '',
        status,
      });
    const { hostname, port: to } = new URL(target());
    const onward = request({ agent, hostname, port: to, method, path: url, headers }, (answer) => {
      const { statusCode = 0 } = answer;
      res.writeHead(statusCode, answer.headers);
      answer.pipe(res);
      answer.once('end', () => note(statusCode));
      answer.once('error', () => res.destroy());
    });
    onward.once('error', () => {
      note(0);
      res.destroy();
    });
    // The caller hung up: what it asked for is not wanted any more.
    res.once('close', () => res.writableFinished || onward.destroy());
    req.pipe(onward);
  }

  const server = createServer((req, res) => {
    if (req.url !== '/log') return forward(req, res);
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(arrivals));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    arrivals,
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
