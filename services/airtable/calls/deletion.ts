import { SagatableError } from '../../../contracts/errors';
import type { CallOptions } from '../client';
import { shareDeadline } from './deadline';

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
  const left = shareDeadline(options);
  try {
    await send(ids, options);
  } catch (error) {
    if (!isOurs(error) || !isMissing(error) || !mayHaveLanded(error)) throw error;
    if (ids.length === 1) return;
    for (const id of ids) {
      await send([id], left()).catch((single: unknown) => {
        if (!isOurs(single)) throw single;
        if (!isMissing(single)) throw withLanding(single);
      });
    }
  }
}

/**
 * Deletes one thing, which counts as deleted when it is gone after a repeat of our own. Where Airtable's refusal does
 * not tell a missing thing from a missing right, `isGone` looks whether it is still there.
 */
export async function deleteOne(
  send: (options: CallOptions) => Promise<unknown>,
  isGone: (options: CallOptions) => Promise<boolean>,
  options: CallOptions,
): Promise<void> {
  const left = shareDeadline(options);
  try {
    await send(options);
  } catch (error) {
    if (!isOurs(error) || !mayHaveLanded(error)) throw error;
    if (isMissing(error)) return;
    if (error.details['airtableType'] === 'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND' && (await isGone(left())))
      return;
    throw error;
  }
}

/** The batch before may have landed, whatever one deletion of the rest came to. */
function withLanding(cause: SagatableError): SagatableError {
  const { kind, message, code, status, retryable, retryAfterMs } = cause;
  const details = { ...cause.details, mayHaveLanded: true };
  const options = { code, status, retryable, details, cause };
  return new SagatableError(
    kind,
    message,
    retryAfterMs === undefined ? options : { ...options, retryAfterMs },
  );
}

const isOurs = (error: unknown) => error instanceof SagatableError;

const mayHaveLanded = (error: SagatableError) => error.details['mayHaveLanded'] === true;

const isMissing = (error: SagatableError) =>
  error.kind === 'NotFound' || error.details['airtableType'] === 'ROW_DOES_NOT_EXIST';
