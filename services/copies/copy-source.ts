import type { Tx } from '../database/database';

/** Where a base of the engine was copied from; undefined for one that no copy brought. */
export async function findCopySource(tx: Tx, baseId: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ source_url: string }>(
    'SELECT source_url FROM copied_bases WHERE base_id = $1',
    [baseId],
  );
  return rows[0]?.source_url;
}
