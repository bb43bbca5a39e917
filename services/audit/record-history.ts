import { z } from 'zod';
import { AuditEvent, type HistoryEntry, type RecordHistory } from '../../contracts/audit';
import { Cells } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { ChangeActor } from '../../contracts/witness';
import type { Database, Tx } from '../database/database';
import type { KeyRing } from '../encryption';
import { openValues } from './sealed-values';
import { readKeys, type SubjectKey } from './subject-keys';

export interface HistoryQuery {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly recordId: string;
  readonly fieldId?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const Row = z.object({
  moment: z.string(),
  source_kind: z.enum(['edit', 'foreign']),
  seq: z.coerce.number(),
  at: z.date(),
  event: z.enum([...AuditEvent.options, 'created', 'updated', 'deleted']),
  table_id: z.string().nullable(),
  field_ids: z.array(z.string()),
  edit_id: z.string().nullable(),
  ordinal: z.number().nullable(),
  record_id: z.string().nullable(),
  subject: z.string().nullable(),
  kind: z.string().nullable(),
  asked_by: z.string().nullable(),
  approved_by: z.string().nullable(),
  planner: z.string().nullable(),
  note: z.string().nullable(),
  evidence: z.string().nullable(),
  operation_id: z.string().nullable(),
  digest: z.string().nullable(),
  key_id: z.string().nullable(),
  sealed: z.instanceof(Buffer).nullable(),
  before: Cells.nullable(),
  after: Cells.nullable(),
  actor: ChangeActor.nullable(),
  source: z.string().nullable(),
});
type Row = z.infer<typeof Row>;

/** Both sources, newest first; microseconds and a number of its own make the order total. */
const HISTORY = `
  SELECT * FROM (
    SELECT to_char(a.at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || '-e' || lpad(a.seq::text, 19, '0') AS moment,
      'edit' AS source_kind, a.seq, a.at, a.event, a.table_id, a.field_ids, a.edit_id, a.ordinal, a.record_id, a.subject, a.kind,
      a.asked_by, a.approved_by, a.planner, e.note, a.evidence, a.operation_id, a.digest, v.key_id::text, v.sealed,
      NULL::jsonb AS before, NULL::jsonb AS after, NULL::jsonb AS actor, NULL AS source
    FROM audit_changes a
      JOIN audit_values v ON v.workspace_id = a.workspace_id AND v.seq = a.seq
      LEFT JOIN edits e ON e.workspace_id = a.workspace_id AND e.id = a.edit_id
    WHERE a.workspace_id = $1 AND a.base_id = $2 AND (a.record_id = $3 OR a.subject = $3)
      AND ($4::text IS NULL OR $4 = ANY(a.field_ids))
    UNION ALL
    SELECT to_char(b.at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || '-w' || lpad(b.seq::text, 19, '0'),
      'foreign', b.seq, b.at, b.kind, b.table_id,
      ARRAY(SELECT DISTINCT k FROM jsonb_object_keys(coalesce(b.before, '{}') || coalesce(b.after, '{}')) k),
      NULL, NULL, b.record_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      b.before, b.after, b.actor, b.source
    FROM base_changes b
    WHERE b.workspace_id = $1 AND b.base_id = $2 AND b.record_id = $3 AND b.edit_id IS NULL
      AND b.kind IN ('created', 'updated', 'deleted')
      AND ($4::text IS NULL OR coalesce(b.before, '{}') ? $4 OR coalesce(b.after, '{}') ? $4)
  ) h WHERE $5::text IS NULL OR h.moment COLLATE "C" < $5
  ORDER BY h.moment COLLATE "C" DESC LIMIT $6`;

/** Who changed a record, or one of its cells, and why. */
export function createRecordHistory(db: Database, ring: KeyRing) {
  return {
    /** Newest first. Throws InvalidInput for a cursor that is none of ours. */
    async read(query: HistoryQuery): Promise<RecordHistory> {
      const { workspaceId, baseId, recordId, fieldId, limit, cursor } = query;
      if (cursor !== undefined && !/^\d{20}-[ew]\d{19}$/.test(cursor))
        throw new SagatableError('InvalidInput', 'The cursor is none that this list has given.', {
          code: 'bad_cursor',
        });
      return db.tenant(workspaceId, async (tx) => {
        const values = [workspaceId, baseId, recordId, fieldId ?? null, cursor ?? null, limit];
        const found = await tx.query(HISTORY, values);
        const rows = found.rows.map((row) => Row.parse(row));
        const subjects = rows.flatMap((row) => row.subject ?? []);
        const keys = await readKeys(tx, ring, workspaceId, baseId, subjects);
        const names = await readFieldNames(tx, rows);
        const last = rows.length === limit ? rows.at(-1) : undefined;
        return {
          entries: rows.map((row) => toEntry(query, row, keys, names)),
          watched: await isWatched(tx, workspaceId, baseId),
          nextCursor: last?.moment ?? null,
        };
      });
    },
  };
}

function toEntry(
  { workspaceId, baseId }: HistoryQuery,
  row: Row,
  keys: ReadonlyMap<string, SubjectKey>,
  names: ReadonlyMap<string, string>,
): HistoryEntry {
  const shared = {
    at: row.at.toISOString(),
    event: row.event,
    tableId: row.table_id,
    fieldIds: row.field_ids,
    fieldNames: Object.fromEntries(
      row.field_ids.flatMap((id) => {
        const name = names.get(id);
        return name === undefined ? [] : [[id, name] as const];
      }),
    ),
  };
  if (row.source_kind === 'foreign') {
    const values = { before: row.before ?? {}, after: row.after ?? {} };
    return {
      ...shared,
      by: 'foreign',
      values,
      erased: false,
      edit: null,
      actor: row.actor,
      source: row.source,
    };
  }
  const { edit_id: editId, ordinal, digest, sealed, kind, asked_by: askedBy } = row;
  const event = AuditEvent.parse(row.event);
  if (
    editId === null ||
    ordinal === null ||
    digest === null ||
    sealed === null ||
    kind === null ||
    askedBy === null
  )
    throw new Error(`the audit row ${row.seq} is not whole`);
  const key = keys.get(row.subject ?? '');
  const facts = { workspaceId, editId, ordinal, baseId, recordId: row.record_id, kind, event };
  const values = key && key.id === row.key_id ? openValues(key, facts, { sealed, digest }) : null;
  return {
    ...shared,
    by: 'edit',
    values,
    erased: values === null,
    edit: {
      editId,
      ordinal,
      askedBy,
      approvedBy: row.approved_by,
      planner: row.planner,
      note: row.note,
      evidence: row.evidence,
      operationId: row.operation_id,
      digest,
    },
    actor: null,
    source: null,
  };
}

/** As they were when the edits of these rows were planned. */
async function readFieldNames(tx: Tx, rows: readonly Row[]): Promise<Map<string, string>> {
  const edits = [...new Set(rows.flatMap((row) => row.edit_id ?? []))];
  const { rows: fields } = await tx.query<{ id: string; name: string }>(
    `SELECT DISTINCT ON (f ->> 'id') f ->> 'id' AS id, f ->> 'name' AS name
     FROM edits e, jsonb_array_elements(e.preview -> 'tables') t, jsonb_array_elements(t -> 'fields') f
     WHERE e.id = ANY($1) AND f ->> 'id' = ANY($2) ORDER BY f ->> 'id', e.created_at DESC`,
    [edits, [...new Set(rows.flatMap((row) => row.field_ids))]],
  );
  return new Map(fields.map(({ id, name }) => [id, name]));
}

async function isWatched(tx: Tx, workspaceId: string, baseId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM base_watches WHERE workspace_id = $1 AND base_id = $2 AND state = 'watching' LIMIT 1`,
    [workspaceId, baseId],
  );
  return rowCount === 1;
}

export type RecordHistories = ReturnType<typeof createRecordHistory>;
