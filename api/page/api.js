import { exchange, open, Problem } from './http.js';
import { persist } from './retry.js';

/** The public API as this page uses it. Every path starts with /v1. */
export function createApi({ session, connection }) {
  /** Adds the token; when the server no longer takes it, renews it once, and signs out if that does not help. */
  async function authorised(send, path, options = {}) {
    const attempt = async (token) =>
      send(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });
    const token = await session.accessToken();
    try {
      return await attempt(token);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
    }
    try {
      return await attempt(await session.accessToken({ spoiled: token }));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) session.forget();
      throw error;
    }
  }

  return {
    /** Reads; keeps trying while the connection is lost. */
    async get(path, { signal } = {}) {
      const { body } = await persist(() => authorised(exchange, path, { signal }), { connection, signal });
      return body;
    },

    /**
     * Sends a change. It carries an Idempotency-Key, so that it can be sent again after a lost connection and happens once.
     * Gives `{ status, body, location }`; waits on the server up to `wait` seconds for a result.
     */
    send(method, path, body, { key = crypto.randomUUID(), wait, signal } = {}) {
      const headers = { 'Idempotency-Key': key, ...(wait === undefined ? {} : { Prefer: `wait=${wait}` }) };
      return persist(() => authorised(exchange, path, { method, headers, body, signal }), {
        connection,
        signal,
      });
    },

    /** Opens an event stream; not repeated here, see events.js. */
    stream(path, { signal, lastEventId } = {}) {
      const headers = {
        Accept: 'text/event-stream',
        ...(lastEventId ? { 'Last-Event-ID': lastEventId } : {}),
      };
      return authorised(open, path, { headers, signal });
    },
  };
}

/** Reads a list to its end, page by page; `name` is the key its rows are under. */
export async function getAll(api, path, name, { signal, onPage } = {}) {
  const rows = [];
  let cursor = null;
  do {
    const url = cursor
      ? `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
      : path;
    const body = await api.get(url, { signal });
    rows.push(...body[name]);
    cursor = body.nextCursor ?? null;
    onPage?.(rows.length);
  } while (cursor);
  return rows;
}
