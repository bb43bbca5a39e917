import type { Database } from '../../database/database';
import { goneAt, payloadsGoneAt } from './lifetimes';

/** Rows that one statement removes. */
const CHUNK = 1_000;

/**
 * Removes what can be read no more, of all tenants: payloads after a week, webhooks a week after they expired. To be called from
 * time to time. Returns how many rows went.
 */
export async function removeOldWebhooks(db: Pick<Database, 'system'>, now: Date): Promise<number> {
  let removed = 0;
  for (;;) {
    const gone = await db.system((tx) =>
      tx.query(
        `DELETE FROM engine_webhook_payloads WHERE (workspace_id, base_id, webhook_id, n) IN (
           SELECT workspace_id, base_id, webhook_id, n FROM engine_webhook_payloads WHERE created_at <= $1 LIMIT ${CHUNK})`,
        [payloadsGoneAt(now)],
      ),
    );
    removed += gone.rowCount ?? 0;
    if ((gone.rowCount ?? 0) < CHUNK) break;
  }
  const webhooks = await db.system((tx) =>
    tx.query('DELETE FROM engine_webhooks WHERE expiration_time <= $1', [goneAt(now)]),
  );
  return removed + (webhooks.rowCount ?? 0);
}
