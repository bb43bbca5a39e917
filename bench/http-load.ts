import { Pool, request as send, type Dispatcher } from 'undici';
import { summarize, type Summary } from './statistics';

/** One request over and over. */
export interface Request {
  readonly origin: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: () => Record<string, string>;
  readonly body?: () => unknown;
  readonly status: number;
}

export interface Load {
  readonly perSecond: number;
  readonly ms: Summary;
  readonly count: number;
}

/** Sends the request once and reads its answer. Throws for an answer that is not the expected one. */
export async function readAnswer(request: Request, dispatcher?: Dispatcher): Promise<void> {
  const body = request.body?.();
  const answer = await send(`${request.origin}${request.path}`, {
    ...(dispatcher ? { dispatcher } : {}),
    method: request.method,
    headers: {
      ...request.headers(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== request.status)
    throw new Error(`${request.method} ${request.path}: ${answer.statusCode} ${text}`);
}

/** Sends the request from so many clients at once for so many seconds. Throws as `readAnswer`. */
export async function load(request: Request, clients: number, seconds: number): Promise<Load> {
  const pool = new Pool(request.origin, { connections: clients, pipelining: 1 });
  const times: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1_000;
  const one = async () => {
    while (performance.now() < until) {
      const asked = performance.now();
      await readAnswer(request, pool);
      times.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  const took = (performance.now() - began) / 1_000;
  await pool.close();
  return { perSecond: times.length / took, ms: summarize(times), count: times.length };
}
