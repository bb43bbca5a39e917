import { untilAborted } from '../time-limit';

/** One request as it goes out. */
export interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly token: string;
  readonly body: unknown;
  /** Awaited right before the request is given to fetch; when it throws, nothing is sent. */
  readonly beforeSend: () => Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** No answer came. `sent` is false only where it is certain that not one byte of the request left. */
export class ExchangeFailure extends Error {
  constructor(
    /** A code like ECONNRESET; never another server's words. */
    readonly reason: string,
    readonly sent: boolean,
  ) {
    super(`no answer: ${reason}`);
    this.name = 'ExchangeFailure';
  }
}

/** Codes of failures that come before a connection stands; those that a standing one can have as well are not here. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/;

/**
 * Sends one request and reads its whole answer. Redirects are handed back, not followed: they could lead the token
 * to another host. Connections are kept alive by Node's own pool. Throws ExchangeFailure, or what `beforeSend` threw.
 */
export async function exchange(
  fetch: typeof globalThis.fetch,
  outgoing: Outgoing,
  signal: AbortSignal,
  maxBytes: number,
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${outgoing.token}`,
    accept: 'application/json',
    'user-agent': 'Sagatable',
  };
  let refusal: { readonly error: unknown } | undefined;
  const check = async () => {
    await outgoing.beforeSend().catch((error: unknown) => {
      refusal = { error };
      throw error;
    });
    // A beforeSend that does not mind the signal may end together with it.
    signal.throwIfAborted();
  };
  let response: Response;
  let checked = false;
  try {
    await untilAborted(check(), signal);
    checked = true;
    response = await fetch(outgoing.url, {
      method: outgoing.method,
      redirect: 'manual',
      signal,
      ...(outgoing.body === undefined ? { headers } : withBody(headers, JSON.stringify(outgoing.body))),
    });
  } catch (error) {
    if (refusal) throw refusal.error;
    const reason = reasonOf(error, signal);
    throw new ExchangeFailure(reason, checked && !NEVER_SENT.test(reason));
  }
  try {
    return { status: response.status, headers: response.headers, text: await readText(response, maxBytes) };
  } catch (error) {
    throw new ExchangeFailure(reasonOf(error, signal), true);
  }
}

/** As a stream, which can be sent once only: a string fetch would by itself send again after a 421, a create too. */
function withBody(headers: Readonly<Record<string, string>>, text: string) {
  const length = String(Buffer.byteLength(text));
  return {
    headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
    body: new Response(text).body,
    duplex: 'half',
  };
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      // Closes the socket: the rest is not wanted.
      await reader.cancel();
      throw Object.assign(new Error('too large'), { code: 'ANSWER_TOO_LARGE' });
    }
    chunks.push(value);
  }
}

/** The code of an error or of its cause: fetch wraps the network's, and errors of another realm are no instances of Error. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'ABORTED';
  for (let e = error; typeof e === 'object' && e !== null; e = 'cause' in e ? e.cause : undefined) {
    if ('code' in e && typeof e.code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(e.code)) return e.code;
  }
  return 'UNKNOWN';
}
