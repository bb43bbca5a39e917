import type { BasePlace } from '../place';
import { payloadsGoneAt } from './lifetimes';

/** A payload to be kept. */
export interface NewPayload {
  readonly webhookId: string;
  readonly n: number;
  readonly payload: unknown;
}

/**
 * Adds payloads of the base's webhooks and lets their pings be due when the payloads can be seen. A ping that waits to be
 * tried again keeps its time.
 */
export async function insertPayloads(
  place: BasePlace,
  payloads: readonly NewPayload[],
  visibleAt: Date,
): Promise<void> {
  const texts = payloads.map(({ payload }) => JSON.stringify(payload));
  await place.tx.query(
    `INSERT INTO engine_webhook_payloads (workspace_id, base_id, webhook_id, n, created_at, visible_at, payload, size)
     SELECT $1, $2, v.webhook_id, v.n, $3, $4, v.payload, v.size
     FROM unnest($5::text[], $6::bigint[], $7::json[], $8::int[]) AS v(webhook_id, n, payload, size)`,
    [
      place.workspaceId,
      place.baseId,
      place.now,
      visibleAt,
      payloads.map(({ webhookId }) => webhookId),
      payloads.map(({ n }) => n),
      texts,
      texts.map((text) => Buffer.byteLength(text)),
    ],
  );
  await place.tx.query(
    `UPDATE engine_webhooks w SET next_payload = v.next,
       ping_due_at = CASE WHEN w.notifications_enabled AND w.notification_url IS NOT NULL
         THEN coalesce(w.ping_due_at, $4::timestamptz) END
     FROM (SELECT webhook_id, max(n) + 1 AS next FROM unnest($3::text[], $5::bigint[]) AS u(webhook_id, n) GROUP BY webhook_id) v
     WHERE w.workspace_id = $1 AND w.base_id = $2 AND w.id = v.webhook_id`,
    [
      place.workspaceId,
      place.baseId,
      payloads.map(({ webhookId }) => webhookId),
      visibleAt,
      payloads.map(({ n }) => n),
    ],
  );
}

/** A payload in a page; null where the page has no room for it any more. */
export interface PayloadRow {
  readonly n: number;
  readonly visible: boolean;
  readonly payload: unknown;
}

/**
 * The payloads of a webhook from a number on: at most `limit` of them, no more than begin within `maxBytes`, and one row more
 * when there are more.
 */
export async function readPayloads(
  place: BasePlace,
  webhookId: string,
  from: number,
  { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number },
): Promise<PayloadRow[]> {
  const found = await place.tx.query<{ n: string; visible: boolean; payload: unknown }>(
    `SELECT n, visible_at <= $5 AS visible,
       CASE WHEN row_number() OVER (ORDER BY n) <= $6 AND sum(size) OVER (ORDER BY n) - size < $7 THEN payload END AS payload
     FROM (SELECT n, visible_at, payload, size FROM engine_webhook_payloads
       WHERE workspace_id = $1 AND base_id = $2 AND webhook_id = $3 AND n >= $4 AND created_at > $8 ORDER BY n LIMIT $6 + 1) p
     ORDER BY n`,
    [place.workspaceId, place.baseId, webhookId, from, place.now, limit, maxBytes, payloadsGoneAt(place.now)],
  );
  return found.rows.map((row) => ({ ...row, n: Number(row.n) }));
}

/** By webhook: the number of the first payload that nobody can see yet. */
export async function firstHiddenPayloads(place: BasePlace): Promise<ReadonlyMap<string, number>> {
  const found = await place.tx.query<{ id: string; n: string }>(
    `SELECT webhook_id AS id, min(n) AS n FROM engine_webhook_payloads
     WHERE workspace_id = $1 AND base_id = $2 AND visible_at > $3 GROUP BY webhook_id`,
    [place.workspaceId, place.baseId, place.now],
  );
  return new Map(found.rows.map(({ id, n }) => [id, Number(n)]));
}
