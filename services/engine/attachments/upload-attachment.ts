import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AirtableRecord } from '../../../contracts/airtable';
import { chooseMediaType } from '../../files/media-types';
import { saveFile } from '../../files/files';
import { answerRecords } from '../answers';
import { lockBase } from '../base-rows';
import { parseBody } from '../body';
import { openTable } from '../cell-writing';
import { EngineError, invalidValue, recordNotFound, unknownField } from '../engine-error';
import { newEngineId } from '../engine-ids';
import type { BasePlace } from '../place';
import { readRows, toRecord } from '../record-rows';
import { writeDrafts } from '../record-writing';
import { findField } from '../schema';
import { isFilename, MAX_ATTACHMENTS, MAX_UPLOADED_BYTES } from './attachment-rules';

/** Source: Airtable Web API, upload attachment. */
const Upload = z.object({
  contentType: z.string().min(1).max(200),
  file: z.string(),
  filename: z.string().refine(isFilename, 'is no name that a file can have'),
});

/** RFC 4648, 4, with or without the padding at the end. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Base64 with or without line breaks: pyairtable sends them. */
function decodeFile(given: string): Buffer {
  const text = given.replace(/\s+/g, '');
  if (Math.floor((text.length * 3) / 4) > MAX_UPLOADED_BYTES + 2) throw tooLarge();
  if (!BASE64.test(text)) {
    throw new EngineError(422, 'INVALID_REQUEST_UNKNOWN', 'Invalid request: file is not encoded as base64');
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > MAX_UPLOADED_BYTES) throw tooLarge();
  return bytes;
}

/** Adds an attachment whose bytes are here; the caller puts its id into a cell. */
async function saveUpload(place: BasePlace, upload: z.output<typeof Upload>, bytes: Buffer): Promise<string> {
  const id = newEngineId('att');
  const type = chooseMediaType(upload.contentType, upload.filename);
  const file = await saveFile(place.tx, place.workspaceId, bytes, 'attachment');
  await place.tx.query(
    `INSERT INTO engine_attachments (workspace_id, base_id, id, filename, state, type, size, work, due_at, created_at)
     VALUES ($1, $2, $3, $4, 'ready', $5, $6, CASE WHEN $5 LIKE 'image/%' THEN 'thumbnails' END, $7, $7)`,
    [place.workspaceId, place.baseId, id, upload.filename, type, file.size, place.now],
  );
  await place.tx.query(
    `INSERT INTO engine_attachment_files (workspace_id, base_id, attachment_id, kind, file_id, type)
     VALUES ($1, $2, $3, 'original', $4, $5)`,
    [place.workspaceId, place.baseId, id, file.id, type],
  );
  place.effects.add('attachments');
  return id;
}

/**
 * Appends a file to an attachment cell of a record, in whatever table of the base it is. Answers the record with that cell,
 * keyed by field id. Throws EngineError: 404 for no such record, 413 for more than 5 MB, 422 for another kind of field.
 */
export async function uploadAttachment(
  place: BasePlace,
  recordId: string,
  fieldIdOrName: string,
  body: unknown,
): Promise<AirtableRecord> {
  const upload = parseBody(Upload, body);
  const bytes = decodeFile(upload.file);
  await lockBase(place);
  const [row] = await readRows(place, [recordId]);
  if (!row) throw recordNotFound();
  const open = await openTable(place, row.table_id, false);
  const field = findField(open.table, fieldIdOrName);
  if (!field) throw unknownField(fieldIdOrName);
  if (field.type !== 'multipleAttachments') throw invalidValue(field.name, 'it is no attachment field');
  const before = toRecord(row);
  const cell = before.cells[field.id];
  const held = Array.isArray(cell) ? cell : [];
  if (held.length >= MAX_ATTACHMENTS)
    throw invalidValue(field.name, `a cell has at most ${MAX_ATTACHMENTS} attachments`);
  const id = await saveUpload(place, upload, bytes);
  const after = { ...before.cells, [field.id]: [...held, id] };
  const written = await writeDrafts(place, open, [{ id: recordId, before, after }]);
  const [record] = await answerRecords(place, open.base, open.table, written, {
    byFieldId: true,
    fields: [field],
  });
  if (!record) throw new Error('one record was written and none came back');
  return record;
}

/** An upload as the request log keeps it: what its bytes were, without them. */
export function describeUpload(body: unknown): unknown {
  const { data } = Upload.safeParse(body);
  if (!data) return null;
  const bytes = Buffer.from(data.file, 'base64');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { contentType: data.contentType, filename: data.filename, size: bytes.length, sha256 };
}

function tooLarge(): EngineError {
  return new EngineError(413, 'REQUEST_TOO_LARGE', 'An uploaded file may have 5 MB');
}
