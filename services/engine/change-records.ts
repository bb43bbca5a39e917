import type { AirtableRecord } from '../../contracts/airtable';
import { answerRecords } from './answers';
import { mergeCells, openTable, parseCells, updateCells } from './cell-writing';
import { recordNotFound, rowDoesNotExist } from './engine-error';
import { newEngineId } from './engine-ids';
import type { BasePlace } from './place';
import { readRecords } from './record-rows';
import { parseCreate, parseSingle, parseUpdate } from './record-requests';
import { writeDrafts, type Draft } from './record-writing';
import { tableOf } from './schema-writing';
import { lockBase } from './base-rows';

/** Creates 1 to 10 records, all or none. Throws EngineError. */
export async function createRecords(
  place: BasePlace,
  tableIdOrName: string,
  body: unknown,
): Promise<AirtableRecord[]> {
  const request = parseCreate(body);
  const open = await openTable(place, tableIdOrName, request.typecast);
  const drafts = request.records.map(({ fields }) => ({
    id: newEngineId('rec'),
    before: null,
    after: mergeCells({}, parseCells(open.table, fields, open.writing)),
  }));
  const written = await writeDrafts(place, open, drafts);
  return answerRecords(place, open.base, open.table, written, { byFieldId: request.returnFieldsByFieldId });
}

/** Creates one record from `{fields}`. Throws EngineError. */
export async function createRecord(
  place: BasePlace,
  tableIdOrName: string,
  body: unknown,
): Promise<AirtableRecord> {
  const { fields, ...flags } = parseSingle(body);
  const [record] = await createRecords(place, tableIdOrName, { records: [{ fields }], ...flags });
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
): Promise<AirtableRecord[]> {
  const request = parseUpdate(body);
  const open = await openTable(place, tableIdOrName, request.typecast);
  const { base, table } = open;
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
    drafts.set(id, {
      id,
      before: record,
      after: updateCells(table, mode, before, parseCells(table, fields, open.writing)),
    });
  }
  const written = await writeDrafts(place, open, [...drafts.values()]);
  const byId = new Map(written.map((record) => [record.id, record]));
  const inOrder = request.records.flatMap(({ id }) => byId.get(id) ?? []);
  return answerRecords(place, base, table, inOrder, { byFieldId: request.returnFieldsByFieldId });
}

/** Updates the record of a path from `{fields}`. Throws EngineError: 404 when the table has no such record. */
export async function updateRecord(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  mode: 'merge' | 'replace',
  body: unknown,
): Promise<AirtableRecord> {
  const { fields, ...flags } = parseSingle(body);
  const base = await lockBase(place);
  const found = await readRecords(place, [recordId], tableOf(base, tableIdOrName).id);
  if (found.size === 0) throw recordNotFound();
  const request = { records: [{ id: recordId, fields }], ...flags };
  const [record] = await updateRecords(place, tableIdOrName, mode, request);
  if (!record) throw new Error('one record was written and none came back');
  return record;
}
