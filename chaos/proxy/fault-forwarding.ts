import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { PlainAnswer } from './fault-answers';

export interface Forwarding {
  /** Sends a request on to the target, as `path`, whether its caller is still there or not, and reads the whole answer. */
  forward(request: IncomingMessage, path: string, body: Buffer): Promise<PlainAnswer>;
  close(): void;
}

/** Requests to `target` (an origin) over kept-alive connections, all given up when the signal fires. */
export function createForwarding(target: string, signal: AbortSignal): Forwarding {
  const origin = new URL(target);
  const secure = origin.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const send = secure ? requestHttps : requestHttp;
  return {
    forward: ({ method, headers: asked }, path, body) =>
      new Promise((resolve, reject) => {
        const { host: _host, connection: _connection, ...headers } = asked;
        const onward = send(new URL(path, origin), { agent, method, headers, signal }, (answer) => {
          readAll(answer).then(
            (bytes) =>
              resolve({ status: answer.statusCode ?? 502, headers: keptHeaders(answer), body: bytes }),
            reject,
          );
        });
        onward.on('error', reject);
        onward.end(body);
      }),
    close: () => agent.destroy(),
  };
}

export async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function keptHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = ['content-type', 'content-encoding', 'retry-after', 'x-request-id'].flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(kept);
}
