import type { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import type { CallOptions } from './client';
import { errorOf, type Failure } from './failure';
import type { GatewayLimits, GatewayMetrics, Lane } from './limits';
import type { TakeTurn, Turn } from './pace/take-turn';
import { backoffMs, pause, startTimeLimit, type TimeLimit } from './time-limit';
import type { SendRequest } from './wire/send-request';

/** One call of the Web API. */
export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** After `/v0`, with its query. */
  readonly path: string;
  /** Goes out as JSON; a string goes out as it is, under `contentType`. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** `content`: the host that takes uploaded attachments, where the endpoint has one of its own. */
  readonly host?: 'content';
  /** Whether sending it twice does what sending it once does. A create never is. */
  readonly effect: 'read' | 'repeatable write' | 'create';
  /** Whose limit it counts against; null for calls that belong to no base. */
  readonly baseId: string | null;
  readonly answer: z.ZodType<T>;
  readonly options: CallOptions;
  /** How long (ms) its answer may serve others who ask for `cached` ones; absent for what is never kept. */
  readonly keepMs?: number;
}

export type Perform = <T>(call: Call<T>) => Promise<T>;

/** What came of one request: the parsed answer, or why there is none. */
export type Outcome<T> = { readonly value: T } | { readonly failure: Failure };

export interface CallContext {
  readonly lane: Lane;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly takeTurn: TakeTurn;
  readonly sendRequest: SendRequest;
}

/** Makes the one function through which every request goes: turn, fence, request, answer, and again where that is safe. */
export function createPerform(context: CallContext): Perform {
  const { limits, lane, metrics } = context;

  return async function perform<T>(call: Call<T>): Promise<T> {
    const deadline = startTimeLimit(call.options.deadlineMs ?? limits.deadlineMs, call.options.signal);
    // An earlier request of this call that was not answered may have landed, whatever a later one says.
    let mayHaveLanded = false;
    try {
      for (let attempt = 1; ; attempt++) {
        const turn: Turn = await context.takeTurn(call, deadline, landing(call, mayHaveLanded));
        const outcome: Outcome<T> = await context.sendRequest(call, turn, deadline, mayHaveLanded);
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

/** What an error says of a call's effect; nothing for one that only reads. */
export type Landing = Readonly<{ mayHaveLanded?: boolean }>;

const landing = (call: Call<unknown>, mayHaveLanded: boolean): Landing =>
  call.effect === 'read' ? {} : { mayHaveLanded };

function callEnded(call: Call<unknown>, details: Landing): SagatableError {
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
