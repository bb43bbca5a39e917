import type { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import { parseJson } from './answers';
import type { CallOptions } from './client';
import type { Endpoint } from './endpoint';
import { exchange, ExchangeFailure, type Answer, type Outgoing } from './exchange';
import { errorOf, unanswered, unexpected, type Failure } from './failure';
import type { Limiter } from './limiter';
import type { GatewayLimits, GatewayMetrics, Lane } from './limits';
import { readRefusal } from './refusal';
import type { Pace } from './reservation';
import { backoffMs, pause, startTimeLimit, type TimeLimit } from './time-limit';

/** One call of the Web API. */
export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** After `/v0`, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Whether sending it twice does what sending it once does. A create never is. */
  readonly effect: 'read' | 'repeatable write' | 'create';
  /** Whose limit it counts against; null for calls that belong to no base. */
  readonly baseId: string | null;
  readonly answer: z.ZodType<T>;
  readonly options: CallOptions;
}

export type Perform = <T>(call: Call<T>) => Promise<T>;

export interface CallContext {
  readonly endpoint: Endpoint;
  readonly token: string;
  readonly lane: Lane;
  readonly limiter: Limiter;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly fetch: typeof globalThis.fetch;
  pacesOf(baseId: string | null): readonly Pace[];
  /** Told of each request that was answered or not, for the connection's health. */
  onOutcome(outcome: 'ok' | 'unauthorized' | 'unreachable'): void;
}

type Outcome<T> = { readonly value: T } | { readonly failure: Failure };

/** Makes the one function through which every request goes: slot, fence, request, answer, and again where that is safe. */
export function createPerform(context: CallContext): Perform {
  const { limits, lane, limiter, metrics } = context;

  return async function perform<T>(call: Call<T>): Promise<T> {
    const deadline = startTimeLimit(call.options.deadlineMs ?? limits.deadlineMs, call.options.signal);
    // An earlier request of this call that was not answered may have landed, whatever a later one says.
    let mayHaveLanded = false;
    try {
      for (let attempt = 1; ; attempt++) {
        await takeSlot(call, deadline, mayHaveLanded);
        const outcome: Outcome<T> = await request(call, deadline, mayHaveLanded);
        if ('value' in outcome) return outcome.value;
        const failure: Failure = outcome.failure;
        if (call.effect !== 'read') mayHaveLanded ||= failure.mayHaveLanded;
        if (call.effect === 'create' && failure.mayHaveLanded) throw ambiguousWrite(failure);
        const waitMs = deadline.signal.aborted
          ? undefined
          : waitBeforeRepeat(call, failure, attempt, deadline);
        if (waitMs === undefined) {
          if (deadline.signal.aborted) throw deadline.signal.reason;
          throw errorOf(failure, { attempts: attempt, ...landing(call, mayHaveLanded) });
        }
        metrics.retries++;
        await pause(waitMs, deadline.signal);
      }
    } catch (error) {
      // What fell because the time was up or the caller left is told as that; beforeSend's own error is the caller's.
      if (!deadline.signal.aborted || error !== deadline.signal.reason) throw error;
      throw callEnded(call, landing(call, mayHaveLanded));
    } finally {
      deadline.end();
    }
  };

  /** Sits out the wait for a slot, or throws `rate_wait` when it is longer than the lane's bound or the call's time. */
  async function takeSlot(call: Call<unknown>, deadline: TimeLimit, mayHaveLanded: boolean): Promise<void> {
    const paces = context.pacesOf(call.baseId);
    const endsIn = Math.min(limits.maxWaitMs[lane], deadline.remainingMs());
    const endsAt = performance.now() + endsIn;
    for (;;) {
      deadline.signal.throwIfAborted();
      const { granted, waitMs } = await limiter.reserve(paces, Math.max(0, endsAt - performance.now()));
      if (!granted) throw rateWait(waitMs, landing(call, mayHaveLanded));
      if (waitMs < 0.5) return;
      await pause(waitMs, deadline.signal);
      if ((await limiter.stillMs(paces)) <= 0) return;
    }
  }

  function rateWait(waitMs: number, details: Readonly<Record<string, unknown>>): SagatableError {
    metrics.rateWaits++;
    const retryAfterMs = Math.ceil(waitMs);
    return new SagatableError(
      'LimitReached',
      `Airtable’s limit on requests to this base is used up for the next ${Math.ceil(waitMs / 1000)} s.`,
      { code: 'rate_wait', retryAfterMs, details },
    );
  }

  async function request<T>(call: Call<T>, deadline: TimeLimit, mayHaveLanded: boolean): Promise<Outcome<T>> {
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
      return await readAnswer(
        call,
        await exchange(context.fetch, outgoing, attempt.signal, limits.maxAnswerBytes),
      );
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      if (!error.sent && !deadline.signal.aborted) context.onOutcome('unreachable');
      return { failure: unanswered(error) };
    } finally {
      if (attempt !== deadline) attempt.end();
    }
  }

  async function readAnswer<T>(call: Call<T>, answer: Answer): Promise<Outcome<T>> {
    if (answer.status < 200 || answer.status > 299) {
      const failure = readRefusal(answer, context.token, limits.stillMs);
      if (answer.status === 401) context.onOutcome('unauthorized');
      if (failure.options.code === 'airtable_quota') metrics.quotaRefusals++;
      if (failure.options.code === 'airtable_rate_limit') {
        metrics.rateLimited++;
        // Which limit was hit is not said: the base's, if there is one, is the likelier by far.
        await limiter.still(context.pacesOf(call.baseId).slice(0, 1), failure.afterMs ?? limits.stillMs);
      }
      return { failure };
    }
    const parsed = call.answer.safeParse(parseJson(answer.text));
    if (!parsed.success) return { failure: unexpected(answer, parsed.error, context.token) };
    context.onOutcome('ok');
    return { value: parsed.data };
  }

  /** Undefined when the call ends here. */
  function waitBeforeRepeat(
    call: Call<unknown>,
    failure: Failure,
    attempt: number,
    deadline: TimeLimit,
  ): number | undefined {
    if (!failure.passing || call.effect === 'create' || attempt >= limits.attempts) return undefined;
    const waitMs = Math.max(
      failure.afterMs ?? 0,
      backoffMs(attempt, limits.backoffBaseMs, limits.backoffCapMs),
    );
    const tooLong = (failure.afterMs ?? 0) > limits.maxWaitMs[lane] || waitMs >= deadline.remainingMs();
    return tooLong ? undefined : waitMs;
  }

  function ambiguousWrite(failure: Failure): SagatableError {
    metrics.ambiguousWrites++;
    return new SagatableError(
      'Upstream',
      'Nobody can tell whether Airtable created these records: they were sent and no usable answer came. Look for them before sending them again.',
      {
        code: 'ambiguous_write',
        retryable: false,
        details: { ...failure.options.details, reason: failure.options.code, mayHaveLanded: true },
      },
    );
  }
}

const landing = (call: Call<unknown>, mayHaveLanded: boolean) =>
  call.effect === 'read' ? {} : { mayHaveLanded };

function callEnded(call: Call<unknown>, details: Readonly<Record<string, unknown>>): SagatableError {
  return call.options.signal?.aborted
    ? new SagatableError('Unavailable', 'The call was cancelled.', {
        code: 'cancelled',
        retryable: false,
        details,
        cause: call.options.signal.reason,
      })
    : new SagatableError('Unavailable', 'Airtable did not answer within the time given to this call.', {
        code: 'deadline_exceeded',
        details,
      });
}
