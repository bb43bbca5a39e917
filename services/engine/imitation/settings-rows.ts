import type { Tx } from '../../database/database';
import type { ImitationSettings } from './settings';

interface Row extends ImitationSettings {
  readonly subject: string;
}

const COLUMNS = `per_base AS "perBase", per_user AS "perUser", lock_out_seconds AS "lockOutSeconds",
  monthly_calls AS "monthlyCalls", body, payload_delay_ms AS "payloadDelayMs", max_records_per_payload AS "maxRecordsPerPayload"`;

/** All switches of a workspace that are on, by the id of their base or token. */
export async function readAllSettings(
  tx: Tx,
  workspaceId: string,
): Promise<ReadonlyMap<string, ImitationSettings>> {
  const found = await tx.query<Row>(
    `SELECT subject, ${COLUMNS} FROM engine_imitation WHERE workspace_id = $1`,
    [workspaceId],
  );
  return new Map(found.rows.map(({ subject, ...settings }) => [subject, settings]));
}

/** The settings of one base or token; null when its switch is off. */
export async function readSettings(
  tx: Tx,
  workspaceId: string,
  subject: string,
): Promise<ImitationSettings | null> {
  const found = await tx.query<ImitationSettings>(
    `SELECT ${COLUMNS} FROM engine_imitation WHERE workspace_id = $1 AND subject = $2`,
    [workspaceId, subject],
  );
  return found.rows[0] ?? null;
}

/** Switches imitation on for a base or token of the workspace, or changes its numbers. */
export async function saveSettings(
  tx: Tx,
  workspaceId: string,
  subject: string,
  settings: ImitationSettings,
): Promise<void> {
  await tx.query(
    `INSERT INTO engine_imitation (workspace_id, subject, per_base, per_user, lock_out_seconds, monthly_calls, body,
       payload_delay_ms, max_records_per_payload)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (workspace_id, subject) DO UPDATE SET per_base = excluded.per_base, per_user = excluded.per_user,
       lock_out_seconds = excluded.lock_out_seconds, monthly_calls = excluded.monthly_calls, body = excluded.body,
       payload_delay_ms = excluded.payload_delay_ms, max_records_per_payload = excluded.max_records_per_payload`,
    [
      workspaceId,
      subject,
      settings.perBase,
      settings.perUser,
      settings.lockOutSeconds,
      settings.monthlyCalls,
      settings.body,
      settings.payloadDelayMs,
      settings.maxRecordsPerPayload,
    ],
  );
}

/** Switches imitation off for a base or token; nothing where it was not on. */
export async function removeSettings(tx: Tx, workspaceId: string, subject: string): Promise<void> {
  await tx.query('DELETE FROM engine_imitation WHERE workspace_id = $1 AND subject = $2', [
    workspaceId,
    subject,
  ]);
}
