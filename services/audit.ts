import type { Database } from './database/database';

/** The append-only trail of what people did. What operations did is recorded when they end. */
export function createAudit(db: Database) {
  return {
    record: async (
      workspaceId: string,
      actor: string,
      action: string,
      subject: string,
      details: Record<string, unknown> = {},
    ): Promise<void> => {
      await db.tenant(workspaceId, (tx) =>
        tx.query(
          'INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, $2, $3, $4, $5)',
          [workspaceId, actor, action, subject, JSON.stringify(details)],
        ),
      );
    },
  };
}
