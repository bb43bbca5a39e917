import { z } from 'zod';
import { SagatableError } from '../../contracts/errors';

const Detail = z.looseObject({
  '@type': z.string().optional(),
  reason: z.string().optional(),
  retryDelay: z.string().optional(),
  violations: z.array(z.looseObject({ quotaId: z.string().optional() })).optional(),
});
/** What the SDK lets through for a body that is no JSON. By name: the error may come from another realm. */
const Unreadable = z.looseObject({ name: z.literal('SyntaxError') });
/** What the SDK throws for an answer that is no 2xx; no other error of it has a status. */
const FetchError = z.looseObject({ status: z.number(), errorDetails: z.array(Detail).catch([]).optional() });

/**
 * An error of the SDK as ours, by status and details alone: neither its message (which quotes the upstream's) nor
 * the error itself is carried along, so that no key and no text of the conversation gets into logs or histories.
 */
export function toSagatableError(error: unknown, model: string): SagatableError {
  if (error instanceof SagatableError) return error;
  if (Unreadable.safeParse(error).success) {
    return new SagatableError('Upstream', 'The model’s answer is not JSON.', { code: 'model_answer' });
  }
  const failed = FetchError.safeParse(error);
  if (!failed.success)
    return new SagatableError('Unavailable', 'The model cannot be reached.', { code: 'model_unreachable' });
  const { status, errorDetails = [] } = failed.data;
  const details = { status };
  if (status === 429) return overLimit(errorDetails);
  const badKey = status === 400 && errorDetails.some(({ reason }) => reason === 'API_KEY_INVALID');
  if (status === 401 || status === 403 || badKey) {
    const message =
      'The model refuses the key in GEMINI_API_KEY: it is wrong, or not allowed to use this model.';
    return new SagatableError('Forbidden', message, { code: 'model_key', details });
  }
  if (status === 404)
    return new SagatableError('InvalidInput', `There is no model “${model}”: check GEMINI_MODEL.`, {
      code: 'unknown_model',
      details,
    });
  if (status === 408 || status >= 500) {
    return new SagatableError('Unavailable', `The model is not available at the moment (${status}).`, {
      code: 'model_unavailable',
      details,
    });
  }
  return new SagatableError('InvalidInput', `The model does not accept the request (${status}).`, {
    code: 'model_request',
    details,
  });
}

/** A quota by the day comes back tomorrow: trying again in seconds cannot help. */
function overLimit(details: readonly z.infer<typeof Detail>[]): SagatableError {
  const daily = details.some(({ violations }) =>
    violations?.some(({ quotaId }) => /PerDay/i.test(quotaId ?? '')),
  );
  if (daily) {
    return new SagatableError('LimitReached', 'The key’s daily quota for this model is spent.', {
      code: 'model_quota',
      retryable: false,
    });
  }
  const seconds = details
    .map(({ retryDelay }) => /^(\d+(?:\.\d+)?)s$/.exec(retryDelay ?? '')?.[1])
    .find((match) => match !== undefined);
  return new SagatableError('LimitReached', 'The model takes no more requests at the moment.', {
    code: 'model_rate',
    ...(seconds !== undefined && { retryAfterMs: Math.ceil(Number(seconds) * 1_000) }),
  });
}
