import { z } from 'zod';
import { AuditEvent, type AuditAction, type AuditChange } from '../../contracts/audit';
import type { Database, Tx } from '../database/database';
import { destroyKeys } from './subject-keys';

/** What of the trail is wanted. Times are inclusive from, exclusive until. */
export interface AuditQuery {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

const ActionRow = z.object({
  seq: z.coerce.number(),
  at: z.date(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.unknown()),
});
const ChangeRow = z.object({
  seq: z.coerce.number(),
  at: z.date(),
  edit_id: z.string(),
  ordinal: z.number(),
  connection_id: z.string(),
  base_id: z.string(),
  table_id: z.string(),
  record_id: z.string().nullable(),
  kind: z.string(),
  event: AuditEvent,
  field_ids: z.array(z.string()),
  evidence: z.string().nullable(),
  asked_by: z.string(),
  planner: z.string().nullable(),
  approved_by: z.string().nullable(),
  operation_id: z.string().nullable(),
  digest: z.string(),
});

/** Rows read at once while exporting: nothing holds the trail in memory. */
const EXPORT_PAGE = 500;

/** The append-only trail of what people did. What operations did is recorded when they end. */
export function createAudit(db: Database) {
  async function listActions(
    workspaceId: string,
    query: AuditQuery,
    page: { limit: number; before?: number | undefined; after?: number | undefined },
  ): Promise<AuditAction[]> {
    const { rows } = await db.tenant(workspaceId, (tx) =>
      tx.query(
        `SELECT seq, at, actor, action, subject, details FROM audit
         WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR subject = $3)
           AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
           AND ($6::bigint IS NULL OR seq < $6) AND ($7::bigint IS NULL OR seq > $7)
         ORDER BY seq ${page.after === undefined ? 'DESC' : 'ASC'} LIMIT $8`,
        [
          query.actor ?? null,
          query.action ?? null,
          query.subject ?? null,
          query.from ?? null,
          query.until ?? null,
          page.before ?? null,
          page.after ?? null,
          page.limit,
        ],
      ),
    );
    return rows.map((row) => {
      const action = ActionRow.parse(row);
      return { ...action, at: action.at.toISOString() };
    });
  }

  async function listChanges(workspaceId: string, query: AuditQuery, after: number): Promise<AuditChange[]> {
    const { rows } = await db.tenant(workspaceId, (tx) =>
      tx.query(
        `SELECT * FROM audit_changes WHERE seq > $1 AND ($2::timestamptz IS NULL OR at >= $2) AND ($3::timestamptz IS NULL OR at < $3)
         ORDER BY seq LIMIT $4`,
        [after, query.from ?? null, query.until ?? null, EXPORT_PAGE],
      ),
    );
    return rows.map((row) => toChange(ChangeRow.parse(row)));
  }

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

    /** Newest first, from before the number `before`. */
    list: (workspaceId: string, query: AuditQuery, limit: number, before: number | undefined) =>
      listActions(workspaceId, query, { limit, before }),

    /** The trail of a time, oldest first: what was done, then what edits changed, without values. */
    async *export(
      workspaceId: string,
      query: Pick<AuditQuery, 'from' | 'until'>,
    ): AsyncGenerator<({ type: 'action' } & AuditAction) | ({ type: 'change' } & AuditChange)> {
      for (let after = 0; ;) {
        const actions = await listActions(workspaceId, query, { limit: EXPORT_PAGE, after });
        for (const action of actions) yield { type: 'action', ...action };
        if (actions.length < EXPORT_PAGE) break;
        after = actions.at(-1)?.seq ?? after;
      }
      for (let after = 0; ;) {
        const changes = await listChanges(workspaceId, query, after);
        for (const change of changes) yield { type: 'change', ...change };
        if (changes.length < EXPORT_PAGE) break;
        after = changes.at(-1)?.seq ?? after;
      }
    },

    /** Makes the values that the trail holds about a record unreadable for good; the rows stay. */
    erase: (ref: { workspaceId: string; baseId: string; recordId: string }, by: string): Promise<Date> =>
      db.tenant(ref.workspaceId, async (tx: Tx) => {
        const at = await destroyKeys(tx, ref, by);
        await tx.query(
          `INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, $2, 'record.erased', $3, $4)`,
          [ref.workspaceId, by, ref.recordId, JSON.stringify({ baseId: ref.baseId })],
        );
        return at;
      }),
  };
}

function toChange(row: z.infer<typeof ChangeRow>): AuditChange {
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    editId: row.edit_id,
    ordinal: row.ordinal,
    connectionId: row.connection_id,
    baseId: row.base_id,
    tableId: row.table_id,
    recordId: row.record_id,
    kind: row.kind,
    event: row.event,
    fieldIds: row.field_ids,
    evidence: row.evidence,
    askedBy: row.asked_by,
    planner: row.planner,
    approvedBy: row.approved_by,
    operationId: row.operation_id,
    digest: row.digest,
  };
}
