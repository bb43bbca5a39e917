import type { Tx } from '../database/database';

/** Writes a row of the audit trail in the transaction of what it tells of. */
export async function noteAudit(
  tx: Tx,
  row: {
    readonly workspaceId: string;
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
    readonly details?: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  await tx.query(
    'INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, $2, $3, $4, $5)',
    [row.workspaceId, row.actor, row.action, row.subject, JSON.stringify(row.details ?? {})],
  );
}
