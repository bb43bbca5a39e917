/** The API could not be reached, or went away in the middle of an answer. Whether the request had an effect is not known. */
export class ConnectionLost extends Error {
  constructor(cause) {
    super('The connection to the server was lost.', { cause });
    this.name = 'ConnectionLost';
  }
}

/** An answer that is an error: RFC 9457 problem details. `message` is its detail, a sentence for people. */
export class Problem extends Error {
  constructor(status, body, retryAfterMs = 0) {
    super(body?.detail ?? body?.title ?? `The server answered with status ${status}.`);
    this.name = 'Problem';
    this.status = status;
    this.code = body?.code ?? '';
    this.errors = Array.isArray(body?.errors) ? body.errors : [];
    /** What an approval lacks, with the code `consent_required`. */
    this.consent = body?.consent ?? '';
    this.retryAfterMs = retryAfterMs;
  }
}

/** True for what `fetch` throws when we gave the request up ourselves. */
export function isAbort(error) {
  return error?.name === 'AbortError';
}

/** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done);
  });
}

/** A server that says nothing for this long is taken for gone. Longer than the longest `Prefer: wait`, 10 s. */
const SILENCE_MS = 25_000;

/**
 * Sends one request and gives its response once the headers are there.
 * Throws Problem for an error answer, ConnectionLost when none came, AbortError when `signal` aborted.
 */
export async function open(path, { method = 'GET', headers = {}, body, signal } = {}) {
  const control = new AbortController();
  const giveUp = () => control.abort();
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  const timer = setTimeout(giveUp, SILENCE_MS);
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: 'no-store',
      // Signing in sets a cookie that Temporal's Web UI needs; the API itself takes the token only.
      credentials: 'same-origin',
      signal: control.signal,
    });
  } catch (error) {
    throw signal?.aborted ? error : new ConnectionLost(error);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  const seconds = Number(response.headers.get('Retry-After'));
  throw new Problem(
    response.status,
    await response.json().catch(() => null),
    seconds > 0 ? seconds * 1000 : 0,
  );
}

/** Sends one request and reads its JSON: `{ status, body, location }`. Throws as `open` does. */
export async function exchange(path, options = {}) {
  const response = await open(path, options);
  const text = await response.text().catch((error) => {
    throw options.signal?.aborted ? error : new ConnectionLost(error);
  });
  try {
    return {
      status: response.status,
      location: response.headers.get('Location'),
      body: text ? JSON.parse(text) : null,
    };
  } catch (error) {
    throw new ConnectionLost(error);
  }
}
