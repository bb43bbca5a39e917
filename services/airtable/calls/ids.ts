import type { z } from 'zod';
import { SagatableError } from '../../../contracts/errors';

/** Ids become parts of a path: nothing that is not one gets there. Throws InvalidInput `invalid_id`. */
export function assertId(shape: z.ZodType<string>, id: string): string {
  const parsed = shape.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new SagatableError(
    'InvalidInput',
    `An id is not valid: it ${parsed.error.issues[0]?.message ?? 'is malformed'}.`,
    { code: 'invalid_id' },
  );
}
