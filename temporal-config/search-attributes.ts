import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

/** Searchable in the Web UI. Stored in clear: opaque ids and fixed words only. */
export const SEARCH_ATTRIBUTES = [
  'SagatableWorkspace',
  'SagatableOperation',
  'SagatableActor',
  'SagatableBase',
  'SagatableEdit',
  'SagatableOutcome',
] as const;

/** Registers what is missing in the namespace; safe to call from several processes at once. */
export async function ensureSearchAttributes(client: Client): Promise<void> {
  const namespace = client.options.namespace;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter((name) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return;
  const keyword = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    });
  } catch (error) {
    if (!/already exist/i.test(String(error))) throw error;
  }
}
