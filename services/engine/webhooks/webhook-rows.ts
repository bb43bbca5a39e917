import { recordNotFound } from '../engine-error';
import { isEngineId } from '../engine-ids';
import type { BasePlace } from '../place';
import { goneAt } from './lifetimes';
import { Specification } from './specification';

export interface WebhookRow {
  readonly id: string;
  readonly notificationUrl: string | null;
  readonly specification: Specification;
  readonly expirationTime: Date;
  readonly hookEnabled: boolean;
  readonly nextPayload: number;
  readonly notificationsEnabled: boolean;
  readonly lastSuccessfulNotificationTime: Date | null;
  readonly lastNotificationResult: unknown;
}

type StoredRow = Omit<WebhookRow, 'specification' | 'nextPayload'> & {
  readonly specification: unknown;
  readonly nextPayload: string;
};

const COLUMNS = `id, notification_url AS "notificationUrl", specification, expiration_time AS "expirationTime",
  hook_enabled AS "hookEnabled", next_payload AS "nextPayload", notifications_enabled AS "notificationsEnabled",
  last_successful_notification_time AS "lastSuccessfulNotificationTime", last_notification_result AS "lastNotificationResult"`;

function toRow(row: StoredRow): WebhookRow {
  return {
    ...row,
    specification: Specification.parse(row.specification),
    nextPayload: Number(row.nextPayload),
  };
}

/** The webhooks of a base, oldest first; those that have expired too, as long as they can be read. */
export async function readWebhooks(place: BasePlace): Promise<WebhookRow[]> {
  const found = await place.tx.query<StoredRow>(
    `SELECT ${COLUMNS} FROM engine_webhooks WHERE workspace_id = $1 AND base_id = $2 AND expiration_time > $3
     ORDER BY created_at, id`,
    [place.workspaceId, place.baseId, goneAt(place.now)],
  );
  return found.rows.map(toRow);
}

/** Throws Airtable's 404 when the base has no such webhook. */
export async function readWebhook(place: BasePlace, id: string): Promise<WebhookRow> {
  if (!isEngineId('ach', id)) throw recordNotFound();
  const found = await place.tx.query<StoredRow>(
    `SELECT ${COLUMNS} FROM engine_webhooks WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND expiration_time > $4`,
    [place.workspaceId, place.baseId, id, goneAt(place.now)],
  );
  const row = found.rows[0];
  if (!row) throw recordNotFound();
  return toRow(row);
}

/** Whether the webhook still makes payloads. */
export function isActive(webhook: Pick<WebhookRow, 'expirationTime' | 'hookEnabled'>, now: Date): boolean {
  return webhook.hookEnabled && webhook.expirationTime > now;
}

/** Whether somebody is told of new payloads. */
export function wantsPings(webhook: Pick<WebhookRow, 'notificationUrl' | 'notificationsEnabled'>): boolean {
  return webhook.notificationUrl !== null && webhook.notificationsEnabled;
}

/** Adds a webhook, whose first ping is due at once when it has an address. */
export async function insertWebhook(
  place: BasePlace,
  webhook: Pick<WebhookRow, 'id' | 'notificationUrl' | 'specification' | 'expirationTime'> & {
    readonly secretSealed: string;
  },
): Promise<void> {
  await place.tx.query(
    `INSERT INTO engine_webhooks (workspace_id, base_id, id, notification_url, secret_sealed, specification, created_at,
       expiration_time, notifications_enabled, ping_due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $4::text IS NOT NULL, CASE WHEN $4::text IS NULL THEN NULL ELSE $7::timestamptz END)`,
    [
      place.workspaceId,
      place.baseId,
      webhook.id,
      webhook.notificationUrl,
      webhook.secretSealed,
      JSON.stringify(webhook.specification),
      place.now,
      webhook.expirationTime,
    ],
  );
}

/** Removes a webhook with its payloads. */
export async function removeWebhook(place: BasePlace, id: string): Promise<void> {
  await place.tx.query('DELETE FROM engine_webhooks WHERE workspace_id = $1 AND base_id = $2 AND id = $3', [
    place.workspaceId,
    place.baseId,
    id,
  ]);
}

/** Lets a webhook live until then. */
export async function saveExpiration(place: BasePlace, id: string, expirationTime: Date): Promise<void> {
  await place.tx.query(
    'UPDATE engine_webhooks SET expiration_time = $4 WHERE workspace_id = $1 AND base_id = $2 AND id = $3',
    [place.workspaceId, place.baseId, id, expirationTime],
  );
}

/** Switches pings on, one being due at once, or off. What is being sent at the moment goes out all the same. */
export async function saveNotifications(place: BasePlace, id: string, enabled: boolean): Promise<void> {
  await place.tx.query(
    `UPDATE engine_webhooks SET notifications_enabled = $4, ping_failures = 0,
       ping_due_at = CASE WHEN $4 AND notification_url IS NOT NULL THEN $5::timestamptz END
     WHERE workspace_id = $1 AND base_id = $2 AND id = $3`,
    [place.workspaceId, place.baseId, id, enabled, place.now],
  );
}

/** Switches a webhook off for good. */
export async function disableWebhook(place: BasePlace, id: string): Promise<void> {
  await place.tx.query(
    'UPDATE engine_webhooks SET hook_enabled = false WHERE workspace_id = $1 AND base_id = $2 AND id = $3',
    [place.workspaceId, place.baseId, id],
  );
}

/** Notes in the base's own row, which the caller has locked, whether it has webhooks. */
export async function saveWatched(place: BasePlace, watched: boolean): Promise<void> {
  await place.tx.query('UPDATE engine_bases SET watched = $3 WHERE workspace_id = $1 AND id = $2', [
    place.workspaceId,
    place.baseId,
    watched,
  ]);
}
