import type { Response } from 'express';
import { SagatableError } from '../contracts/errors';

/** Event streams open at the same time in one process. */
const MAX_STREAMS = 200;
const INTERVAL_MS = 400;
const COMMENT_EVERY_MS = 15_000;
const MAX_STREAM_MS = 5 * 60_000;

export interface News {
  readonly events: ReadonlyArray<{ readonly event: string; readonly id?: string; readonly data: unknown }>;
  readonly end: boolean;
}
export type StreamEvents = (res: Response, next: () => Promise<News>) => Promise<void>;

/**
 * Makes the function that streams server-sent events: `next` returns what is new, and is asked again until it
 * says `end` or the reader leaves.
 */
export function createEventStreams(): StreamEvents {
  let open = 0;
  return async (res, next) => {
    if (open >= MAX_STREAMS) {
      throw new SagatableError('Unavailable', 'Too many event streams are open: try again soon.', {
        code: 'too_many_streams',
        retryAfterMs: 5_000,
      });
    }
    open++;
    try {
      const first = await next();
      if (res.destroyed) return;
      res.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      await pump(res, first, next);
      res.end();
    } catch (error) {
      if (!res.headersSent) throw error;
      // The stream has begun: closing it makes the reader reconnect.
      res.destroy();
    } finally {
      open--;
    }
  };
}

async function pump(res: Response, first: News, next: () => Promise<News>): Promise<void> {
  // Whoever still wants it connects again, and is authorized again.
  const endsAt = Date.now() + MAX_STREAM_MS;
  let quietSince = Date.now();
  for (let news = first; ; news = await next()) {
    for (const { event, id, data } of news.events) {
      res.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
      quietSince = Date.now();
    }
    if (news.end || res.destroyed || Date.now() > endsAt) return;
    if (Date.now() - quietSince > COMMENT_EVERY_MS) {
      res.write(': still here\n\n');
      quietSince = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
