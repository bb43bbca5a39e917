import type { BaseSchema } from '../../contracts/airtable';
import type { AirtableClient } from '../airtable/client';

/**
 * Gives a base's schema: read when it is first asked for, and the same from then on. One that could not be read is asked for
 * again. Throws what the call throws.
 */
export function readSchemaOnce(
  client: Pick<AirtableClient, 'getBaseSchema'>,
  baseId: string,
  signal: AbortSignal,
): () => Promise<BaseSchema> {
  let known: BaseSchema | undefined;
  return async () => (known ??= await client.getBaseSchema(baseId, { signal }));
}
