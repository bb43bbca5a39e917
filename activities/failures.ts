import { ApplicationFailure, Context } from '@temporalio/activity';
import { ZodError } from 'zod';
import { SagatableError } from '../contracts/errors';

type Activity = (input: never) => Promise<unknown>;

/** Temporal's form of an error: its type is our kind, and it says itself whether a retry can help. */
export function toFailure(error: unknown): unknown {
  if (error instanceof SagatableError) {
    return ApplicationFailure.create({
      type: error.kind,
      message: error.message,
      nonRetryable: !error.retryable,
      details: [{ code: error.code, details: error.details }],
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    });
  }
  if (error instanceof ZodError) {
    return ApplicationFailure.create({
      type: 'InvalidInput',
      message: error.message,
      nonRetryable: true,
      details: [{ code: 'invalid_input' }],
    });
  }
  return error;
}

/** Wraps each activity once: errors become failures, and cancellation passes through as it is. */
export function mapErrors<A extends Record<string, Activity>>(activities: A): A {
  const wrapped = Object.entries(activities).map(([name, run]) => [
    name,
    async (input: never) => {
      try {
        return await run(input);
      } catch (error) {
        if (Context.current().cancellationSignal.aborted) await Context.current().cancelled;
        throw toFailure(error);
      }
    },
  ]);
  // Object.fromEntries forgets the names, which are those of `activities` exactly.
  return Object.fromEntries(wrapped) as A;
}
