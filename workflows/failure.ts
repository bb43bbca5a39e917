import { ActivityFailure, ApplicationFailure, CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { OperationError } from '../contracts/operations';

/** True when the failure is somebody's cancel and not a fault. */
export function isCancelled(error: unknown): boolean {
  return isCancellation(error);
}

/**
 * The row's and the caller's form of whatever went wrong: the innermost failure tells what it was. `cancelled`: somebody's
 * cancel came before it, and is why the operation ends.
 */
export function describeFailure(error: unknown, cancelled = isCancelled(error)): OperationError {
  if (cancelled) return { kind: 'Conflict', code: 'cancelled', message: 'The operation was cancelled.' };
  let inner: unknown = error;
  while (inner instanceof ActivityFailure && inner.cause) inner = inner.cause;
  if (inner instanceof ApplicationFailure) {
    const facts = asFacts(inner.details?.[0]);
    return {
      kind: inner.type ?? 'Unavailable',
      code: facts.code ?? 'internal',
      message: inner.message,
      ...(facts.details ? { details: facts.details } : {}),
    };
  }
  if (inner instanceof CancelledFailure)
    return { kind: 'Conflict', code: 'cancelled', message: 'The operation was cancelled.' };
  return {
    kind: 'Unavailable',
    code: 'internal',
    message: inner instanceof Error ? inner.message : String(inner),
  };
}

function asFacts(value: unknown): { code?: string; details?: Record<string, unknown> } {
  if (typeof value !== 'object' || value === null) return {};
  const code = 'code' in value && typeof value.code === 'string' ? { code: value.code } : {};
  const details =
    'details' in value && typeof value.details === 'object' && value.details !== null
      ? { details: { ...value.details } }
      : {};
  return { ...code, ...details };
}

/** The failure a compensated workflow ends with: its type tells in the Web UI what became of it. */
export function failAs(
  status: 'rolled_back' | 'needs_review',
  cause: OperationError,
  unfinished: readonly string[],
  cancelled: boolean,
): ApplicationFailure {
  const type =
    status === 'needs_review' ? 'NeedsReview' : cancelled ? 'CancelledAndRolledBack' : 'RolledBack';
  const message = unfinished.length
    ? `${cause.message} Not undone: ${unfinished.join('; ')}`
    : `${cause.message} Everything was undone.`;
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [cause] });
}
