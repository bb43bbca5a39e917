import { SagatableError } from '../../../contracts/errors';
import type { CallOptions } from '../client';
import { GATEWAY_LIMITS } from '../limits';

type SendDelete = (ids: readonly string[], options: CallOptions) => Promise<void>;

/**
 * Deletes a batch. When an earlier request of the call was not answered and the repeat finds a record missing, the
 * first has probably landed; since one missing record fails a whole batch, each is then deleted by itself, and one
 * that is missing counts as done. A record missing from the start is the caller's to know: that throws.
 */
export async function deleteRecords(
  send: SendDelete,
  ids: readonly string[],
  options: CallOptions,
): Promise<void> {
  const endsAt = performance.now() + (options.deadlineMs ?? GATEWAY_LIMITS.deadlineMs);
  try {
    await send(ids, options);
  } catch (error) {
    if (!isMissing(error) || error.details['mayHaveLanded'] !== true) throw error;
    if (ids.length === 1) return;
    for (const id of ids) {
      await send([id], { ...options, deadlineMs: endsAt - performance.now() }).catch((single: unknown) => {
        if (!isMissing(single)) throw single;
      });
    }
  }
}

function isMissing(error: unknown): error is SagatableError {
  return (
    error instanceof SagatableError &&
    (error.kind === 'NotFound' || error.details['airtableType'] === 'ROW_DOES_NOT_EXIST')
  );
}
