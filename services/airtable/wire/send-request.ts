import { parseJson } from '../calls/answers';
import type { Call, Outcome } from '../call';
import { circuitOpen, unanswered, unexpected } from '../failure';
import type { GatewayLimits, GatewayMetrics } from '../limits';
import type { Turn } from '../pace/take-turn';
import { readRefusal } from '../refusal';
import { startTimeLimit, type TimeLimit } from '../time-limit';
import { BREAKER_LIMITS, type Sign } from './breaker';
import type { Endpoint } from './endpoint';
import type { Answer, Outgoing } from './exchange';
import { ExchangeFailure } from './exchange-failure';
import type { Host, Hosts } from './hosts';

/** Sends one request in its turn and judges its answer. Throws only what `beforeSend` or the wait for another turn threw. */
export type SendRequest = <T>(
  call: Call<T>,
  turn: Turn,
  deadline: TimeLimit,
  mayHaveLanded: boolean,
) => Promise<Outcome<T>>;

export interface SendContext {
  readonly endpoint: Endpoint;
  readonly token: string;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly hosts: Hosts;
  /** Told of each request that was answered or not, for the connection's health. */
  onOutcome(outcome: 'ok' | 'unauthorized' | 'unreachable'): void;
}

type Asked = { readonly answer: Answer } | { readonly failure: ExchangeFailure };

export function createSendRequest(context: SendContext): SendRequest {
  const { endpoint, limits, metrics, hosts } = context;

  return async function sendRequest<T>(
    call: Call<T>,
    turn: Turn,
    deadline: TimeLimit,
    mayHaveLanded: boolean,
  ) {
    const url = call.host === 'content' ? endpoint.contentUrl : endpoint.url;
    const host = hosts.hostOf(url, endpoint.checkAddress);
    // A create is not given up early: its answer is the only way to know that it landed.
    const attempt = call.effect === 'create' ? deadline : startTimeLimit(limits.attemptMs, deadline.signal);
    const outgoing: Outgoing = {
      url: `${url}/v0${call.path}`,
      method: call.method,
      token: context.token,
      body: contentOf(call),
      async beforeSend() {
        const fence = async () => {
          // Given up meanwhile, it leaves no more: nobody is to take it for sent.
          if (!attempt.signal.aborted) await call.options.beforeSend?.({ mayHaveLanded });
        };
        await turn.renew();
        await fence();
        // What the fence said before another wait is old. One that is slow again is let through all the same.
        if (await turn.renew()) await fence();
        if (attempt.signal.aborted) return;
        metrics.requests++;
        turn.sent(performance.now());
      },
    };
    try {
      const run = await host.breaker.run(() => ask(host, call, outgoing, attempt.signal));
      if ('turnedAway' in run) {
        metrics.circuitOpen++;
        return { failure: circuitOpen(host.name, run.retryAfterMs) };
      }
      if ('answer' in run) return await readAnswer(call, turn, run.answer);
      const { sent, reason, waitedMs } = run.failure;
      // Given up while nobody waited for the host but for the caller's fence, it tells nothing of the host.
      const ownDelay = reason === 'ABORTED' && waitedMs === 0;
      if (!sent && !ownDelay && !deadline.signal.aborted && reason !== 'GATEWAY_CLOSED')
        context.onOutcome('unreachable');
      return { failure: unanswered(run.failure) };
    } finally {
      turn.settle(performance.now());
      if (attempt !== deadline) attempt.end();
    }
  };

  async function ask(
    host: Host,
    call: Call<unknown>,
    outgoing: Outgoing,
    signal: AbortSignal,
  ): Promise<{ readonly result: Asked; readonly sign: Sign }> {
    try {
      const answer = await host.exchange(outgoing, signal);
      return { result: { answer }, sign: answer.status >= 500 ? 'failing' : 'alive' };
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      return { result: { failure: error }, sign: signOf(error, call.options.signal) };
    }
  }

  async function readAnswer<T>(call: Call<T>, turn: Turn, answer: Answer): Promise<Outcome<T>> {
    if (answer.status < 200 || answer.status > 299) {
      const failure = readRefusal(answer, context.token, limits.stillMs);
      if (answer.status === 401) context.onOutcome('unauthorized');
      if (failure.options.code === 'airtable_quota') metrics.quotaRefusals++;
      if (failure.options.code === 'airtable_rate_limit') {
        metrics.rateLimited++;
        await turn.rest(failure.afterMs ?? limits.stillMs);
      }
      return { failure };
    }
    const parsed = call.answer.safeParse(parseJson(answer.text));
    if (!parsed.success) return { failure: unexpected(answer, parsed.error, context.token) };
    context.onOutcome('ok');
    return { value: parsed.data };
  }
}

function contentOf({ body, contentType }: Call<unknown>): Outgoing['body'] {
  if (body === undefined) return undefined;
  if (typeof body === 'string' && contentType !== undefined) return { text: body, contentType };
  return { text: JSON.stringify(body), contentType: 'application/json' };
}

/** What a request without an answer tells about the host. */
function signOf({ reason, waitedMs }: ExchangeFailure, caller: AbortSignal | undefined): Sign {
  switch (reason) {
    case 'ANSWER_TOO_LARGE':
    case 'ANSWER_ENCODED':
      return 'alive';
    case 'ADDRESS_NOT_ALLOWED':
    case 'GATEWAY_CLOSED':
      return 'nothing';
    case 'ABORTED':
      return caller?.aborted || waitedMs < BREAKER_LIMITS.slowMs ? 'nothing' : 'failing';
    default:
      return 'failing';
  }
}
