import { Change } from '../../contracts/changes';
import type { Tx } from '../database/database';

const PAGE = 1_000;

/** The changes of an edit in order, or those of them with the given ordinals, a thousand at a time. */
export async function* readChangePages(
  tx: Tx,
  editId: string,
  only?: readonly number[],
): AsyncGenerator<Change[]> {
  for (let after = -1; ;) {
    const { rows } = await tx.query<{ ordinal: number; change: unknown }>(
      `SELECT ordinal, change FROM edit_changes
       WHERE edit_id = $1 AND ordinal > $2 AND ($3::int[] IS NULL OR ordinal = ANY($3)) ORDER BY ordinal LIMIT $4`,
      [editId, after, only ?? null, PAGE],
    );
    if (rows.length > 0) yield rows.map(({ change }) => Change.parse(change));
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.ordinal;
  }
}
