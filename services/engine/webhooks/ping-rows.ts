import type { Tx } from '../../database/database';

/** A ping that this process has taken on. */
export interface ClaimedPing {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly webhookId: string;
  readonly url: string;
  readonly secretSealed: string;
  /** How often this ping has failed so far. */
  readonly failures: number;
  /** The number of the first payload that this ping does not tell of. */
  readonly tellsUpTo: number;
  readonly claim: string;
}

/** What came of a ping. Source: Airtable Web API, webhooks notification. */
export type PingResult = {
  readonly completionTimestamp: string;
  readonly durationMs: number;
  readonly retryNumber: number;
} & (
  | { readonly success: true }
  | {
      readonly success: false;
      readonly error: { readonly message: string };
      readonly willBeRetried: boolean;
    }
);

/** Pings of one workspace that are sent at a time: receivers of one that hang must not keep the others' waiting. */
const MAX_OF_WORKSPACE = 4;

/** A claim holds so long: a process that has sent nothing by then is taken for gone. */
const CLAIM_MS = 60_000;

/**
 * Takes on the ping that has been due for longest, for any tenant; undefined when none may be sent now. Nobody else sends it
 * while the claim holds; after that whoever asks gets it again.
 */
export async function claimPing(tx: Tx, now: Date): Promise<ClaimedPing | undefined> {
  const claimed = await tx.query<Omit<ClaimedPing, 'tellsUpTo'> & { tellsUpTo: string }>(
    // Materialized: a plan may otherwise look for a due one again for each row, and claim several.
    `WITH due AS MATERIALIZED (SELECT d.workspace_id, d.base_id, d.id FROM engine_webhooks d
       WHERE d.ping_due_at <= $1 AND (d.ping_claimed_until IS NULL OR d.ping_claimed_until <= $1)
         AND d.notifications_enabled AND d.notification_url IS NOT NULL AND d.expiration_time > $1
         AND d.workspace_id NOT IN (SELECT workspace_id FROM engine_webhooks
           WHERE ping_due_at <= $1 AND ping_claimed_until > $1 GROUP BY workspace_id HAVING count(*) >= ${MAX_OF_WORKSPACE})
       ORDER BY d.ping_due_at LIMIT 1 FOR NO KEY UPDATE OF d SKIP LOCKED)
     UPDATE engine_webhooks w SET ping_claim = gen_random_uuid(), ping_claimed_until = $2 FROM due
     WHERE (w.workspace_id, w.base_id, w.id) = (due.workspace_id, due.base_id, due.id)
     RETURNING w.workspace_id AS "workspaceId", w.base_id AS "baseId", w.id AS "webhookId", w.notification_url AS url,
       w.secret_sealed AS "secretSealed", w.ping_failures AS failures, w.ping_claim AS claim,
       coalesce((SELECT min(p.n) FROM engine_webhook_payloads p
         WHERE (p.workspace_id, p.base_id, p.webhook_id) = (w.workspace_id, w.base_id, w.id) AND p.visible_at > $1),
         w.next_payload) AS "tellsUpTo"`,
    [now, new Date(now.getTime() + CLAIM_MS)],
  );
  const ping = claimed.rows[0];
  return ping && { ...ping, tellsUpTo: Number(ping.tellsUpTo) };
}

function keyOf(ping: ClaimedPing): readonly string[] {
  return [ping.workspaceId, ping.baseId, ping.webhookId, ping.claim];
}

const MINE = 'workspace_id = $1 AND base_id = $2 AND id = $3 AND ping_claim = $4';

/** Notes that a ping has arrived. The next is due when the first payload can be seen that this one did not tell of. */
export async function settleSuccess(tx: Tx, ping: ClaimedPing, now: Date, result: PingResult): Promise<void> {
  // A statement of its own: payloads that were committed while this waited for the row are seen by the next one.
  await tx.query(`SELECT 1 FROM engine_webhooks WHERE ${MINE} FOR NO KEY UPDATE`, keyOf(ping));
  await tx.query(
    `UPDATE engine_webhooks SET ping_claim = NULL, ping_claimed_until = NULL, ping_failures = 0, last_notification_result = $5,
       last_successful_notification_time = $6,
       ping_due_at = CASE WHEN notifications_enabled THEN (SELECT min(p.visible_at) FROM engine_webhook_payloads p
         WHERE p.workspace_id = $1 AND p.base_id = $2 AND p.webhook_id = $3 AND p.n >= $7) END
     WHERE ${MINE}`,
    [...keyOf(ping), JSON.stringify(result), now, ping.tellsUpTo],
  );
}

/** Notes that a ping has failed; it is due again then, or notifications are switched off when it has failed too often. */
export async function settleFailure(
  tx: Tx,
  ping: ClaimedPing,
  result: PingResult,
  retryAt: Date | null,
): Promise<void> {
  await tx.query(
    `UPDATE engine_webhooks SET ping_claim = NULL, ping_claimed_until = NULL, last_notification_result = $5,
       ping_failures = CASE WHEN $6::timestamptz IS NULL THEN 0 ELSE $7::int END,
       notifications_enabled = notifications_enabled AND $6::timestamptz IS NOT NULL,
       ping_due_at = CASE WHEN notifications_enabled THEN $6::timestamptz END
     WHERE ${MINE}`,
    [...keyOf(ping), JSON.stringify(result), retryAt, ping.failures + 1],
  );
}
