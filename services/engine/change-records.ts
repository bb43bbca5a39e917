import type { AirtableRecord } from '../../contracts/airtable';
import { lockBase } from './base-rows';
import { answerRecord } from './answers';
import { beginWriting, mergeCells, parseCells } from './cell-writing';
import { recordNotFound, rowDoesNotExist } from './engine-error';
import { newEngineId } from './engine-ids';
import { readRecords, type BasePlace } from './record-rows';
import { parseCreate, parseSingle, parseUpdate } from './record-requests';
import { writeDrafts, type Draft } from './record-writing';
import type { EngineTable } from './schema';
import { tableOf } from './schema-writing';

/** Written records in the form the API answers with. */
export function answerDrafts(
  table: EngineTable,
  drafts: readonly Draft[],
  byFieldId: boolean,
): AirtableRecord[] {
  return drafts.map(({ id, createdTime, after }) =>
    answerRecord(table, { id, createdTime, cells: after }, { byFieldId }),
  );
}

/** Creates 1 to 10 records, all or none. Throws EngineError. */
export async function createRecords(
  place: BasePlace,
  tableIdOrName: string,
  body: unknown,
  now: Date,
): Promise<AirtableRecord[]> {
  const request = parseCreate(body);
  const base = await lockBase(place.tx, place.workspaceId, place.baseId);
  const table = tableOf(base, tableIdOrName);
  const writing = beginWriting(request.typecast);
  const drafts = request.records.map(({ fields }) => ({
    id: newEngineId('rec'),
    createdTime: now.toISOString(),
    before: null,
    after: mergeCells({}, parseCells(table, fields, writing)),
  }));
  const written = await writeDrafts(place, base, table, drafts, writing, now);
  return answerDrafts(table, written, request.returnFieldsByFieldId);
}

/** Creates one record from `{fields}`. Throws EngineError. */
export async function createRecord(
  place: BasePlace,
  tableIdOrName: string,
  body: unknown,
  now: Date,
): Promise<AirtableRecord> {
  const { fields, ...flags } = parseSingle(body);
  const [record] = await createRecords(place, tableIdOrName, { records: [{ fields }], ...flags }, now);
  if (!record) throw new Error('one record was written and none came back');
  return record;
}

/**
 * Updates 1 to 10 records, all or none: `merge` keeps the cells that the request does not name, `replace` clears them.
 * A record named twice gets both changes, in order. Throws EngineError.
 */
export async function updateRecords(
  place: BasePlace,
  tableIdOrName: string,
  mode: 'merge' | 'replace',
  body: unknown,
  now: Date,
): Promise<AirtableRecord[]> {
  const request = parseUpdate(body);
  const base = await lockBase(place.tx, place.workspaceId, place.baseId);
  const table = tableOf(base, tableIdOrName);
  const writing = beginWriting(request.typecast);
  const known = await readRecords(
    place,
    request.records.map((r) => r.id),
    table.id,
  );
  const drafts = new Map<string, Draft>();
  for (const { id, fields } of request.records) {
    const record = known.get(id);
    if (!record) throw rowDoesNotExist(id);
    const before = drafts.get(id)?.after ?? record.cells;
    const after = mergeCells(mode === 'merge' ? before : {}, parseCells(table, fields, writing));
    drafts.set(id, { id, createdTime: record.createdTime, before: record.cells, after });
  }
  const written = await writeDrafts(place, base, table, [...drafts.values()], writing, now);
  const byId = new Map(written.map((draft) => [draft.id, draft]));
  const inOrder = request.records.flatMap(({ id }) => byId.get(id) ?? []);
  return answerDrafts(table, inOrder, request.returnFieldsByFieldId);
}

/** Updates the record of a path from `{fields}`. Throws EngineError: 404 when the table has no such record. */
export async function updateRecord(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  mode: 'merge' | 'replace',
  body: unknown,
  now: Date,
): Promise<AirtableRecord> {
  const { fields, ...flags } = parseSingle(body);
  const base = await lockBase(place.tx, place.workspaceId, place.baseId);
  const found = await readRecords(place, [recordId], tableOf(base, tableIdOrName).id);
  if (found.size === 0) throw recordNotFound();
  const request = { records: [{ id: recordId, fields }], ...flags };
  const [record] = await updateRecords(place, tableIdOrName, mode, request, now);
  if (!record) throw new Error('one record was written and none came back');
  return record;
}
