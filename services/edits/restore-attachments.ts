import { MAX_UPLOAD_BYTES, type AirtableRecord, type Cells } from '../../contracts/airtable';
import type { Lost } from '../../contracts/restoring';
import { readAttachmentCell, type SourceAttachment } from '../copies/attachment-cells';
import type { Tx } from '../database/database';
import { readKept, type KeptAttachment } from './deleted-attachments';
import { holdLease } from './leases';
import type { Restoration } from './restorations';
import { idsOf } from './restored-links';
import { isRefusal, sendWrite, type EditRun, type WriteEnd } from './run';

/** Airtable's addresses of attachments work for two hours; some of that is needed to fetch it. In milliseconds. */
const ADDRESS_MS = 110 * 60_000;

/**
 * How long (ms) an upload without an answer is waited for before it counts as not carried out. No sweep looks for uploads: one
 * that is sent again too soon would be there twice.
 */
export function uploadWindowMs({ lateWriteMs, settleSeconds }: EditRun): number {
  return Math.max(lateWriteMs, settleSeconds * 1_000);
}

interface Sent {
  readonly fieldId: string;
  readonly oldId: string;
  readonly newId: string | null;
  readonly before: readonly string[];
  readonly sentAt: Date;
}

/** One attachment that is to return. */
interface Returning {
  readonly restoration: Restoration;
  readonly fieldId: string;
  readonly kept: KeptAttachment;
}

/**
 * Uploads the attachments of a returned record, one after the other in their order. What was sent without an answer is looked
 * for in the cell before it is sent again. Returns how long (ms) to wait before that, else what did not return.
 */
export async function restoreAttachments(
  run: EditRun,
  restoration: Restoration,
  cells: Cells,
): Promise<{ waitMs: number } | { lost: Lost[] }> {
  const { kept, sent } = await run.db.tenant(run.workspaceId, async (tx) => ({
    kept: await readKept(tx, restoration.imageEditId, restoration.imageOrdinal),
    sent: await readSent(tx, run.editId, restoration.ordinal),
  }));
  const lost: Lost[] = [];
  for (const [fieldId, cell] of Object.entries(cells)) {
    if (run.fields.get(fieldId)?.type !== 'multipleAttachments') continue;
    for (const id of idsOf(cell)) {
      const earlier = sent.get(`${fieldId}/${id}`);
      if (earlier?.newId) continue;
      const file = kept.get(`${fieldId}/${id}`);
      if (!file) {
        lost.push({ kind: 'attachment', what: id, reason: 'it was deleted before attachments were kept' });
        continue;
      }
      const one = { restoration, fieldId, kept: file };
      if (earlier) {
        if (await findSent(run, one, earlier, [...sent.values()])) continue;
        const waitMs = earlier.sentAt.getTime() + uploadWindowMs(run) - Date.now();
        if (waitMs > 0) return { waitMs: Math.min(waitMs, run.lateWriteMs) };
      }
      const reason = await giveBack(run, one);
      if (reason !== undefined) lost.push({ kind: 'attachment', what: file.filename, reason });
    }
  }
  return { lost };
}

async function readCell(run: EditRun, { restoration, fieldId }: Returning): Promise<SourceAttachment[]> {
  const options = { signal: run.signal, fieldIds: [fieldId] };
  const record = await run.client.getRecord(run.baseId, restoration.tableId, restoration.newId, options);
  return readAttachmentCell(record.fields[fieldId]);
}

/** Looks for one whose upload had no answer: what the cell did not hold before, of its size. */
async function findSent(run: EditRun, one: Returning, earlier: Sent, all: readonly Sent[]): Promise<boolean> {
  const taken = new Set([...earlier.before, ...all.flatMap(({ newId }) => newId ?? [])]);
  const found = (await readCell(run, one)).find((a) => !taken.has(a.id) && isFile(a, one.kept));
  if (!found) return false;
  await run.db.tenant(run.workspaceId, (tx) => noteArrived(tx, run, one, found.id));
  return true;
}

const isFile = (there: SourceAttachment, kept: KeptAttachment) =>
  there.size === undefined ? there.filename === kept.filename : there.size === kept.file.size;

/** Returns why it cannot come back, else undefined. */
async function giveBack(run: EditRun, one: Returning): Promise<string | undefined> {
  const { kept } = one;
  const large = kept.file.size > MAX_UPLOAD_BYTES;
  if (large && Date.now() - kept.keptAt.getTime() > ADDRESS_MS)
    return 'it has more than 5 MB, and Airtable cannot fetch it any more from where it was';
  const present = await readCell(run, one);
  await run.db.tenant(run.workspaceId, (tx) => noteSending(tx, run, one, present));
  const end = await (large ? sendAddress(run, one, present) : upload(run, one));
  if (end.end !== 'landed') {
    if (end.end !== 'unclear') await run.db.tenant(run.workspaceId, (tx) => forgetSending(tx, run, one));
    if (end.end !== 'refused' || !isRefusal(end.error)) throw end.error;
    return end.error instanceof Error ? end.error.message : String(end.error);
  }
  const before = new Set(present.map(({ id }) => id));
  const arrived = readAttachmentCell(end.answer.fields[one.fieldId]).filter(({ id }) => !before.has(id));
  const own = arrived.find((a) => isFile(a, kept)) ?? arrived.at(-1);
  if (own) await run.db.tenant(run.workspaceId, (tx) => noteArrived(tx, run, one, own.id));
  return undefined;
}

async function upload(run: EditRun, one: Returning): Promise<WriteEnd<AirtableRecord>> {
  const parts: Buffer[] = [];
  for await (const part of run.kept.store.read(run.workspaceId, one.kept.file)) parts.push(part);
  const file = { contentType: one.kept.type, filename: one.kept.filename, bytes: Buffer.concat(parts) };
  return sendWrite(run, (options) =>
    run.client.uploadAttachment(run.baseId, one.restoration.newId, one.fieldId, file, options),
  );
}

/** A file that is too large to be uploaded: Airtable is told where it was, and fetches it later or not at all. */
async function sendAddress(
  run: EditRun,
  { restoration, fieldId, kept }: Returning,
  present: readonly SourceAttachment[],
): Promise<WriteEnd<AirtableRecord>> {
  const cell = [...present.map(({ id }) => ({ id })), { url: kept.url, filename: kept.filename }];
  const update = { id: restoration.newId, fields: { [fieldId]: cell } };
  const end = await sendWrite(run, (options) =>
    run.client.updateRecords(run.baseId, restoration.tableId, [update], options),
  );
  if (end.end !== 'landed') return end;
  const [record] = end.answer;
  return record ? { end: 'landed', answer: record } : { end: 'unclear', error: new Error('no record came') };
}

async function readSent(tx: Tx, editId: string, ordinal: number): Promise<Map<string, Sent>> {
  const { rows } = await tx.query<{
    field_id: string;
    old_id: string;
    new_id: string | null;
    before_ids: string[];
    sent_at: Date;
  }>(
    'SELECT field_id, old_id, new_id, before_ids, sent_at FROM restored_attachments WHERE edit_id = $1 AND ordinal = $2',
    [editId, ordinal],
  );
  return new Map(
    rows.map((row) => [
      `${row.field_id}/${row.old_id}`,
      {
        fieldId: row.field_id,
        oldId: row.old_id,
        newId: row.new_id,
        before: row.before_ids,
        sentAt: row.sent_at,
      },
    ]),
  );
}

/** Committed before the first byte leaves. */
async function noteSending(
  tx: Tx,
  run: EditRun,
  { restoration, fieldId, kept }: Returning,
  present: readonly SourceAttachment[],
): Promise<void> {
  await holdLease(tx, run.lease);
  await tx.query(
    `INSERT INTO restored_attachments (workspace_id, edit_id, ordinal, base_id, field_id, old_id, before_ids, sent_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())
     ON CONFLICT (workspace_id, edit_id, ordinal, field_id, old_id) DO UPDATE SET before_ids = $7, sent_at = clock_timestamp()`,
    [
      run.workspaceId,
      run.editId,
      restoration.ordinal,
      run.baseId,
      fieldId,
      kept.id,
      present.map(({ id }) => id),
    ],
  );
}

async function noteArrived(
  tx: Tx,
  run: EditRun,
  { restoration, fieldId, kept }: Returning,
  newId: string,
): Promise<void> {
  await holdLease(tx, run.lease);
  await tx.query(
    'UPDATE restored_attachments SET new_id = $5 WHERE edit_id = $1 AND ordinal = $2 AND field_id = $3 AND old_id = $4',
    [run.editId, restoration.ordinal, fieldId, kept.id, newId],
  );
}

async function forgetSending(tx: Tx, run: EditRun, { restoration, fieldId, kept }: Returning): Promise<void> {
  await holdLease(tx, run.lease);
  await tx.query(
    'DELETE FROM restored_attachments WHERE edit_id = $1 AND ordinal = $2 AND field_id = $3 AND old_id = $4 AND new_id IS NULL',
    [run.editId, restoration.ordinal, fieldId, kept.id],
  );
}
