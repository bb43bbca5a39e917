import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { SagatableError } from '../../contracts/errors';
import { lookupAll, openLookup, refuseClosedLiteral, type LookupAll } from './public-address';

export interface GuardedRequest {
  /** http or https, without user and password. */
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  /** Sent to the host of `url` only, not to where it redirects. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
  /** Of the answer's body. */
  readonly maxBytes: number;
  /** For all of it: redirects, headers and body. */
  readonly timeoutMs: number;
}

export interface GuardedAnswer {
  readonly status: number;
  /** Lower-case names; several values of one name joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Throws InvalidInput `file_too_large`, Unavailable `unreachable` or `timed_out`. Read it, or call `discard`. */
  readonly body: AsyncIterable<Buffer>;
  /** Ends the exchange without reading the body. */
  discard(): void;
}

export type GuardedFetch = (request: GuardedRequest) => Promise<GuardedAnswer>;

export interface GuardedFetchParts {
  /** Hosts (`host` for the default port, else `host:port`) that the operator allows whatever their address is. */
  readonly fetchHosts: readonly string[];
  /** The system's look-up unless given. */
  readonly lookup?: LookupAll;
}

/** Airtable follows as many. Source: Airtable Web API, field model, multipleAttachments. */
const MAX_REDIRECTS = 3;

interface Hop {
  readonly request: GuardedRequest;
  readonly url: URL;
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Makes requests to addresses that someone else named. Private, loopback, link-local and all other special addresses
 * are refused when the socket connects, at every redirect. A GET follows 3 redirects, a POST none. The function throws
 * Forbidden `address_not_allowed`, InvalidInput `invalid_url` or `file_too_large`, Upstream `too_many_redirects`,
 * Unavailable `unreachable` or `timed_out`. Messages tell nothing about a network.
 */
export function createGuardedFetch(parts: GuardedFetchParts): GuardedFetch {
  const listed = new Set(parts.fetchHosts.map((host) => host.toLowerCase()));
  const lookup = openLookup(parts.lookup ?? lookupAll);

  function send({ request, url, signal, headers }: Hop): Promise<IncomingMessage> {
    const open = listed.has(url.host);
    if (!open) refuseClosedLiteral(url.hostname);
    return new Promise((resolve, reject) => {
      const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
        method: request.method ?? 'GET',
        headers: { 'user-agent': 'Sagatable', accept: '*/*', 'accept-encoding': 'identity', ...headers },
        signal,
        agent: false,
        ...(open ? {} : { lookup }),
      });
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      // An answer that changes the protocol ends the request without an error; after `response` this means nothing.
      outgoing.on('close', () => reject(new Error('the connection ended without an answer')));
      outgoing.end(request.body);
    });
  }

  return async function guardedFetch(request) {
    const timeLimit = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, timeLimit]) : timeLimit;
    let url = parseUrl(request.url);
    let headers = request.headers ?? {};
    for (let redirects = 0; ; redirects++) {
      const answer = await send({ request, url, signal, headers }).catch((error: unknown) => {
        throw failureOf(error, signal);
      });
      const location = request.method === 'POST' ? undefined : redirectOf(answer);
      if (location === undefined) return receive(answer, request.maxBytes, signal);
      answer.destroy();
      const next = parseUrl(location, url);
      if (redirects === MAX_REDIRECTS) {
        throw new SagatableError('Upstream', `The address redirects more than ${MAX_REDIRECTS} times.`, {
          code: 'too_many_redirects',
          retryable: false,
        });
      }
      if (next.origin !== url.origin) headers = {};
      url = next;
    }
  };
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new SagatableError(
      'InvalidInput',
      'Only http and https addresses without a password are fetched.',
      {
        code: 'invalid_url',
      },
    );
  }
  return url;
}

function redirectOf(answer: IncomingMessage): string | undefined {
  const redirects = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0);
  return redirects ? answer.headers.location : undefined;
}

function receive(answer: IncomingMessage, maxBytes: number, signal: AbortSignal): GuardedAnswer {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
  // Whoever discards a body does not read it: without a listener the end of the socket would end the process.
  answer.on('error', () => undefined);
  return {
    status: answer.statusCode ?? 0,
    headers,
    body: readBody(answer, maxBytes, signal),
    discard: () => void answer.destroy(),
  };
}

async function* readBody(
  answer: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let length = 0;
  try {
    const encoding = answer.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      throw new SagatableError('Upstream', 'The answer is compressed although that was not asked for.', {
        code: 'unexpected_encoding',
        retryable: false,
      });
    }
    if (Number(answer.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    const parts: AsyncIterable<Buffer> = answer;
    for await (const part of parts) {
      length += part.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      yield part;
    }
  } catch (error) {
    throw failureOf(error, signal);
  } finally {
    answer.destroy();
  }
}

function tooLarge(maxBytes: number): SagatableError {
  return new SagatableError('InvalidInput', `The answer has more than ${maxBytes} bytes.`, {
    code: 'file_too_large',
    status: 413,
  });
}

/** What to throw for an error of the socket; the caller's own cancelling stays what it is. */
function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof SagatableError) return error;
  if (!signal.aborted) {
    return new SagatableError('Unavailable', 'The address does not answer.', {
      code: 'unreachable',
      cause: error,
    });
  }
  const reason: unknown = signal.reason;
  const late =
    typeof reason === 'object' && reason !== null && 'name' in reason && reason.name === 'TimeoutError';
  if (!late) return reason;
  return new SagatableError('Unavailable', 'The address took too long to answer.', { code: 'timed_out' });
}
