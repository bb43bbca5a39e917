import { Pool } from 'undici';
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
}

/** Sends the request from so many clients at once for so many seconds. Throws for an answer that is not the expected one. */
export async function load(request: Request, clients: number, seconds: number): Promise<Load> {
  const pool = new Pool(request.origin, { connections: clients, pipelining: 1 });
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  const began = performance.now();
  const one = async () => {
    while (performance.now() < until) {
      const asked = performance.now();
      const body = request.body?.();
      const answer = await pool.request({
        method: request.method,
        path: request.path,
        headers: {
          ...request.headers(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.body.text();
      if (answer.statusCode !== request.status)
        throw new Error(`${request.method} ${request.path}: ${answer.statusCode} ${text}`);
      times.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  const took = (performance.now() - began) / 1_000;
  await pool.close();
  return { perSecond: times.length / took, ms: summarize(times) };
}
