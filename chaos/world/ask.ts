import { setTimeout as sleep } from 'node:timers/promises';

/** A JSON answer, whatever its status. */
export interface Reply {
  readonly status: number;
  readonly operationId: string | null;
  readonly body: unknown;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY_MS = 300;
const ATTEMPT_MS = 15_000;
/** Longer than any server of a run is away. */
const PATIENCE_MS = 240_000;

/**
 * Asks until there is an answer that says something: what was not answered, 429 and 5xx are asked again with the same body
 * and headers. So whatever is asked must be safe to repeat. Throws when nothing helped for four minutes.
 */
export async function ask(asked: Asked, signal?: AbortSignal): Promise<Reply> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    signal?.throwIfAborted();
    const last = await attempt(asked).catch((error: unknown) => String(error));
    if (typeof last !== 'string') return last;
    if (Date.now() > until)
      throw new Error(`${asked.method} ${asked.url}: no answer for four minutes; the last was ${last}`);
    await sleep(RETRY_MS);
  }
}

/** Asks for what must not be asked twice: its answer, or null where there was none and nobody knows what became of it. */
export async function askOnce(asked: Asked): Promise<unknown> {
  const reply = await attempt(asked).catch((error: unknown) => String(error));
  if (typeof reply === 'string') return sleep(RETRY_MS, null);
  return assertWell(asked, reply);
}

/** As `ask`, and throws for any answer that is not a success. */
export async function askWell(asked: Asked, signal?: AbortSignal): Promise<unknown> {
  return assertWell(asked, await ask(asked, signal));
}

function assertWell({ method, url }: Asked, { status, body }: Reply): unknown {
  if (status < 300) return body;
  throw new Error(`${method} ${url}: ${status} ${JSON.stringify(body).slice(0, 500)}`);
}

/** The answer, or in words why there is none that says something. */
async function attempt({ method, url, token, body, headers }: Asked): Promise<Reply | string> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ATTEMPT_MS),
  });
  const text = await response.text();
  // A failure that names an operation is that operation's end, however it is numbered.
  const operationId = response.headers.get('operation-id');
  if (operationId === null && (response.status === 429 || response.status >= 500))
    return `${response.status} ${text.slice(0, 300)}`;
  const parsed: unknown = text === '' ? {} : JSON.parse(text);
  return { status: response.status, operationId, body: parsed };
}
