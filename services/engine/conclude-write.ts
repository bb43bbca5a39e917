import type { BasePlace } from './place';
import { writePayloads } from './webhooks/write-payloads';

/**
 * Ends a write, in its transaction: what it changed becomes known to those who watch the base. A base that nobody watches
 * pays nothing for it: that stands in the row which every writer has locked.
 */
export async function concludeWrite(place: BasePlace): Promise<void> {
  const { records, schema, watched } = place.changes.drain();
  if (!watched || (records.length === 0 && schema.length === 0)) return;
  await writePayloads(place, records, schema);
}
