import { parseJson } from '../calls/answers';
import type { Call, Outcome } from '../call';
import { unanswered, unexpected } from '../failure';
import type { GatewayLimits, GatewayMetrics } from '../limits';
import type { Turn } from '../pace/take-turn';
import { readRefusal } from '../refusal';
import { startTimeLimit, type TimeLimit } from '../time-limit';
import type { Endpoint } from './endpoint';
import { exchange, ExchangeFailure, type Answer, type Outgoing } from './exchange';

/** Sends one request in its turn and judges its answer. Throws only what `beforeSend` threw. */
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
  readonly fetch: typeof globalThis.fetch;
  /** Told of each request that was answered or not, for the connection's health. */
  onOutcome(outcome: 'ok' | 'unauthorized' | 'unreachable'): void;
}

export function createSendRequest(context: SendContext): SendRequest {
  const { limits, metrics } = context;

  return async function sendRequest(call, turn, deadline, mayHaveLanded) {
    // A create is not given up early: its answer is the only way to know that it landed.
    const attempt = call.effect === 'create' ? deadline : startTimeLimit(limits.attemptMs, deadline.signal);
    metrics.requests++;
    try {
      const outgoing: Outgoing = {
        url: `${context.endpoint.url}/v0${call.path}`,
        method: call.method,
        token: context.token,
        body: call.body,
        beforeSend: async () => call.options.beforeSend?.({ mayHaveLanded }),
      };
      const answer = await exchange(context.fetch, outgoing, attempt.signal, limits.maxAnswerBytes);
      return await readAnswer(call, turn, answer);
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      if (!error.sent && !deadline.signal.aborted) context.onOutcome('unreachable');
      return { failure: unanswered(error) };
    } finally {
      turn.settle(performance.now());
      if (attempt !== deadline) attempt.end();
    }
  };

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
