import type { AirtableClient, CallOptions } from '../client';
import type { BaseListing } from './schema-answers';

/** The bases that a connection shows, as they were lately; asked anew where the one that is looked for is not among them. */
export async function listBasesShowing(
  client: Pick<AirtableClient, 'listBases'>,
  baseId: string,
  options: CallOptions = {},
): Promise<BaseListing[]> {
  const known = await client.listBases({ ...options, cached: true });
  return known.some(({ id }) => id === baseId) ? known : client.listBases(options);
}
