import type { Dispatcher } from 'undici';
import { readAnswerText, UnreadableAnswer } from './answer-text';
import { ExchangeFailure, reasonOf } from './exchange-failure';
import { FencedBody } from './fenced-body';

/** One request as it goes out. */
export interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly token: string;
  readonly body?: { readonly text: string; readonly contentType: string } | undefined;
  /** Awaited when the request is about to be written on a connection that stands; when it throws, nothing is sent. */
  readonly beforeSend: () => Promise<void>;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names; several values of one name joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends one request and reads its whole answer. Throws ExchangeFailure, or what `beforeSend` threw. */
export type Exchange = (outgoing: Outgoing, signal: AbortSignal) => Promise<Answer>;

/**
 * An exchange over a pool of kept-alive connections, one request on each at a time. Redirects are handed back, not
 * followed: they could lead the token to another host. Nothing is sent twice. Time is the signal's business: with it
 * the socket is closed. Answers of more than `maxBytes` are not read to their end.
 */
export function createExchange(pool: Dispatcher, maxBytes: number): Exchange {
  return async function exchange(outgoing, signal) {
    const bytes = outgoing.body && Buffer.from(outgoing.body.text);
    const body = new FencedBody(bytes, outgoing.beforeSend, signal);
    // undici ends a body that it no longer wants with an error, which is told by the answer's promise.
    body.on('error', () => undefined);
    try {
      if (signal.aborted) throw new Error('given up');
      const { status, headers, received } = await dispatch(pool, outgoing, body, signal, maxBytes);
      const text = await readAnswerText(received, headers['content-encoding'], maxBytes);
      return { status, headers, text };
    } catch (error) {
      body.destroy();
      if (body.refusal) throw body.refusal.error;
      const waitedMs = body.waitingSince === undefined ? 0 : performance.now() - body.waitingSince;
      throw new ExchangeFailure(
        signal.aborted && !(error instanceof UnreadableAnswer) ? 'ABORTED' : reasonOf(error),
        body.phase === 'sent',
        waitedMs,
      );
    }
  };
}

type Received = Omit<Answer, 'text'> & { readonly received: Buffer };

/** Settles once; what undici tells afterwards is of no account, and a request begun after that is ended unsent. */
function dispatch(
  pool: Dispatcher,
  { url, method, token, body: content }: Outgoing,
  body: FencedBody,
  signal: AbortSignal,
  maxBytes: number,
): Promise<Received> {
  const { pathname, search } = new URL(url);
  return new Promise<Received>((resolve, reject) => {
    let settled = false;
    let controller: Dispatcher.DispatchController | undefined;
    let head: Omit<Answer, 'text'> | undefined;
    const pieces: Buffer[] = [];
    let length = 0;

    const settle = (then: () => void) => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const fail = (error: Error) => {
      settle(() => reject(error));
      controller?.abort(error);
    };
    // A request that still waits for its connection cannot be called back in undici: the call ends all the same.
    const onAbort = () => fail(new Error('given up'));
    signal.addEventListener('abort', onAbort, { once: true });

    pool.dispatch(
      {
        path: `${pathname}${search}`,
        method,
        body,
        headers: headersOf(token, content),
        // The signal bounds both; a timer of undici’s own would outlive the request.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(begun) {
          // A second beginning would be a repeat, which is the caller's to decide.
          const again = controller !== undefined;
          controller = begun;
          if (settled || again) begun.abort(new Error('given up'));
        },
        onResponseStart(_, status, headers) {
          // What comes before a request was written answers something else: a connection's idle end, another's leftovers.
          if (body.phase !== 'sent') return fail(coded('ANSWER_BEFORE_REQUEST'));
          if (status >= 200) head = { status, headers: flatten(headers) };
        },
        onResponseData(_, piece) {
          length += piece.length;
          if (length > maxBytes) fail(new UnreadableAnswer('ANSWER_TOO_LARGE'));
          else pieces.push(piece);
        },
        onResponseEnd() {
          settle(() =>
            head
              ? resolve({ ...head, received: Buffer.concat(pieces) })
              : reject(coded('ANSWER_BEFORE_REQUEST')),
          );
        },
        onResponseError: (_, error) => fail(error),
      },
    );
  });
}

function headersOf(token: string, content: Outgoing['body']): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'Sagatable',
    ...(content && {
      'content-type': content.contentType,
      'content-length': String(Buffer.byteLength(content.text)),
    }),
  };
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const named = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    [value].flat().join(', '),
  ]);
  return Object.fromEntries(named) as Record<string, string>;
}

const coded = (code: string) => Object.assign(new Error(code), { code });
