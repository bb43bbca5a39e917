import type { Consent, SideEffects } from '../../contracts/approvals';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { connectionNotFound } from '../workspaces/connection-rows';
import { noteAudit } from './trail';

/** Shown with every edit of a base outside the engine. */
export const SIDE_EFFECTS_WARNING =
  'These writes, and those of an undo, can set off automations, syncs and e-mails of the base. Airtable does not tell which there are, and what they do is not taken back.';

interface Row {
  readonly kind: 'engine' | 'airtable';
  readonly given_by: string | null;
  readonly given_at: Date | null;
}

async function find(tx: Tx, connectionId: string): Promise<Row | undefined> {
  const sql = `SELECT c.kind, s.given_by, s.given_at FROM connections c LEFT JOIN connection_consents s
    ON s.workspace_id = c.workspace_id AND s.connection_id = c.id WHERE c.id = $1`;
  return (await tx.query<Row>(sql, [connectionId])).rows[0];
}

/** Whether somebody said for this connection that its bases’ automations are known to fire; `none` once it is gone. */
export async function readSideEffects(tx: Tx, connectionId: string): Promise<SideEffects> {
  const row = await find(tx, connectionId);
  if (!row || row.kind === 'engine') return 'none';
  return row.given_at === null ? 'unacknowledged' : 'acknowledged';
}

/** Keeps who said so first, audited. Throws NotFound; Conflict `engine_connection` where there is nothing to consent to. */
export async function acknowledgeSideEffects(
  tx: Tx,
  { workspaceId, connectionId, by }: { workspaceId: string; connectionId: string; by: string },
): Promise<Consent> {
  const before = await find(tx, connectionId);
  if (!before) throw connectionNotFound();
  if (before.kind === 'engine') {
    throw new SagatableError(
      'Conflict',
      'Bases of the built-in engine have no automations: no consent is needed.',
      {
        code: 'engine_connection',
      },
    );
  }
  const { rowCount } = await tx.query(
    `INSERT INTO connection_consents (workspace_id, connection_id, given_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [workspaceId, connectionId, by],
  );
  if (rowCount) {
    const action = 'connection.side_effects_acknowledged';
    await noteAudit(tx, { workspaceId, actor: by, action, subject: connectionId });
  }
  const given = await find(tx, connectionId);
  return { connectionId, by: given?.given_by ?? by, at: (given?.given_at ?? new Date()).toISOString() };
}

/** What an approval is answered with before anybody consented. */
export function consentRequired(connectionId: string): SagatableError {
  return new SagatableError(
    'Conflict',
    'Writing through this connection can set off automations, syncs and e-mails of the base, which no undo takes back. Say once that this is known: approve with acknowledgeSideEffects: true.',
    { code: 'consent_required', details: { connectionId, consent: 'acknowledgeSideEffects' } },
  );
}
