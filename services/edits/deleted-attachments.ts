import type { AirtableRecord } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { pause } from '../airtable/time-limit';
import { readAttachmentCell, type SourceAttachment } from '../copies/attachment-cells';
import type { Tx } from '../database/database';
import type { StoredFile } from '../files/files';
import type { JournalEntry } from './journal';
import { MAX_KEPT_BYTES } from './kept-files';
import { holdLease } from './leases';
import type { EditRun } from './run';

/** An attachment of a record that is to be deleted. */
export interface DoomedAttachment extends SourceAttachment {
  readonly ordinal: number;
  readonly fieldId: string;
}

/** An attachment of a deleted record with its bytes. */
export interface KeptAttachment {
  readonly fieldId: string;
  readonly id: string;
  readonly filename: string;
  readonly type: string;
  readonly file: Pick<StoredFile, 'id' | 'size'>;
  /** Where it was, and works for two hours from `keptAt` on. */
  readonly url: string;
  readonly keptAt: Date;
}

const ATTEMPTS = 3;
const PAUSE_MS = 500;
/** The base is held for 30 s at a time. */
const HOLD_MS = 5_000;

/** Attachments of records that are to be deleted, as far as their bytes are not kept yet. */
export async function findUnkept(
  run: EditRun,
  entries: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<DoomedAttachment[]> {
  const table = run.tables.find(({ id }) => id === entries[0]?.change.tableId);
  const fields = table?.fields.filter(({ type }) => type === 'multipleAttachments') ?? [];
  const all = entries.flatMap(({ ordinal, recordId }) =>
    fields.flatMap(({ id: fieldId }) =>
      readAttachmentCell(now.get(recordId ?? '')?.fields[fieldId]).map((a) => ({ ...a, ordinal, fieldId })),
    ),
  );
  if (all.length === 0) return [];
  const { rows } = await run.db.tenant(run.workspaceId, (tx) =>
    tx.query<{ key: string }>(
      `SELECT ordinal || '/' || field_id || '/' || attachment_id AS key FROM deleted_attachments WHERE edit_id = $1 AND ordinal = ANY($2)`,
      [run.editId, entries.map(({ ordinal }) => ordinal)],
    ),
  );
  const kept = new Set(rows.map(({ key }) => key));
  return all.filter(({ ordinal, fieldId, id }) => !kept.has(`${ordinal}/${fieldId}/${id}`));
}

/**
 * Stores the bytes of attachments with the edit, one after the other, and holds on to the base meanwhile. Returns the reason
 * by ordinal where one cannot be had: its record must then stay.
 */
export async function keepAttachments(
  run: EditRun,
  attachments: readonly DoomedAttachment[],
): Promise<Map<number, string>> {
  const failed = new Map<number, string>();
  const hold = () => run.db.tenant(run.workspaceId, (tx) => holdLease(tx, run.lease));
  // That the base was lost shows at the latest when the deletion is journalled.
  const timer = setInterval(() => void hold().catch(() => undefined), HOLD_MS);
  try {
    for (const attachment of attachments) {
      if (failed.has(attachment.ordinal)) continue;
      const reason = await keep(run, attachment);
      if (reason !== undefined) failed.set(attachment.ordinal, reason);
    }
  } finally {
    clearInterval(timer);
  }
  return failed;
}

async function keep(run: EditRun, attachment: DoomedAttachment): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const file = await download(run, attachment);
      await run.db.tenant(run.workspaceId, async (tx) => {
        await holdLease(tx, run.lease);
        await insertKept(tx, run, attachment, file);
      });
      return undefined;
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof SagatableError) || error.code === 'fenced') throw error;
      if (attempt === ATTEMPTS || !error.retryable)
        return `not deleted: its attachment “${attachment.filename}” could not be kept for an undo. ${error.message}`;
      await pause(PAUSE_MS * attempt, run.signal);
    }
  }
}

async function download(run: EditRun, { url, size }: DoomedAttachment): Promise<StoredFile> {
  const answer = await run.kept.fetch(url, run.signal);
  if (answer.status !== 200) {
    answer.discard();
    throw new SagatableError('Upstream', `Its address answered with the status ${answer.status}.`, {
      code: 'attachment_refused',
      retryable: answer.status >= 500,
    });
  }
  const limits = { purpose: 'deleted', maxBytes: MAX_KEPT_BYTES } as const;
  const file = await run.kept.store.write(run.workspaceId, answer.body, limits);
  if (size === undefined || size === file.size) return file;
  await run.kept.store.remove(run.workspaceId, [file.id]);
  throw new SagatableError('Upstream', `It has ${file.size} bytes, and the base speaks of ${size}.`, {
    code: 'attachment_differs',
    retryable: true,
  });
}

async function insertKept(tx: Tx, run: EditRun, a: DoomedAttachment, file: StoredFile): Promise<void> {
  await tx.query(
    `INSERT INTO deleted_attachments (workspace_id, edit_id, ordinal, field_id, attachment_id, filename, type, size, file_id, url)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
    [run.workspaceId, run.editId, a.ordinal, a.fieldId, a.id, a.filename, a.type, file.size, file.id, a.url],
  );
}

interface Row {
  readonly field_id: string;
  readonly attachment_id: string;
  readonly filename: string;
  readonly type: string;
  readonly size: string;
  readonly file_id: string;
  readonly url: string;
  readonly kept_at: Date;
}

/** The kept attachments of one deleted record, by field and id. */
export async function readKept(
  tx: Tx,
  editId: string,
  ordinal: number,
): Promise<Map<string, KeptAttachment>> {
  const { rows } = await tx.query<Row & Record<string, unknown>>(
    `SELECT field_id, attachment_id, filename, type, size, file_id, url, kept_at FROM deleted_attachments
     WHERE edit_id = $1 AND ordinal = $2`,
    [editId, ordinal],
  );
  return new Map(
    rows.map((row) => [
      `${row.field_id}/${row.attachment_id}`,
      {
        fieldId: row.field_id,
        id: row.attachment_id,
        filename: row.filename,
        type: row.type,
        file: { id: row.file_id, size: Number(row.size) },
        url: row.url,
        keptAt: row.kept_at,
      },
    ]),
  );
}
