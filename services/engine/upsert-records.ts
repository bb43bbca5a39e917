import type { AirtableRecord, CellValue } from '../../contracts/airtable';
import { answerRecords } from './answers';
import { openTable, parseCells, updateCells } from './cell-writing';
import { invalidRequest, rowDoesNotExist, unknownField } from './engine-error';
import { newEngineId } from './engine-ids';
import { fieldTypeOf } from './fields/registry';
import type { BasePlace } from './place';
import { readRecords } from './record-rows';
import { parseUpsert } from './record-requests';
import { writeDrafts, type Draft } from './record-writing';
import { findField, type EngineField, type EngineTable } from './schema';

export interface UpsertAnswer {
  readonly records: AirtableRecord[];
  readonly createdRecords: string[];
  readonly updatedRecords: string[];
}

function mergeFields(table: EngineTable, names: readonly string[]): EngineField[] {
  return names.map((name) => {
    const field = findField(table, name);
    if (!field) throw unknownField(name);
    if (!fieldTypeOf(field).mergeable)
      throw invalidRequest(`records cannot be matched by the field "${field.name}"`);
    return field;
  });
}

/** The ids of records whose cells hold these keys. A record with an empty key matches none: it is created. */
async function findMatches(
  place: BasePlace,
  table: EngineTable,
  fields: readonly EngineField[],
  cells: Readonly<Record<string, CellValue>>,
): Promise<string[]> {
  const keys = fields.map((field) => cells[field.id] ?? null);
  if (keys.includes(null)) return [];
  const conditions = fields.map((_, i) => `cells->$${4 + 2 * i}::text = $${5 + 2 * i}::jsonb`);
  const found = await place.tx.query<{ id: string }>(
    `SELECT id FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND ${conditions.join(' AND ')} LIMIT 2`,
    [
      place.workspaceId,
      place.baseId,
      table.id,
      ...fields.flatMap((field, i) => [field.id, JSON.stringify(keys[i])]),
    ],
  );
  return found.rows.map((row) => row.id);
}

/**
 * Updates the records that the keys find, creates those they do not, all or none. Matching looks at the state before the
 * request. Throws EngineError, also when keys find more than one record.
 */
export async function upsertRecords(
  place: BasePlace,
  tableIdOrName: string,
  mode: 'merge' | 'replace',
  body: unknown,
): Promise<UpsertAnswer> {
  const request = parseUpsert(body);
  const open = await openTable(place, tableIdOrName, request.typecast);
  const { base, table, writing } = open;
  const keys = mergeFields(table, request.performUpsert.fieldsToMergeOn);
  const drafts = new Map<string, Draft>();
  const order: string[] = [];
  for (const { id: givenId, fields } of request.records) {
    const cells = parseCells(table, fields, writing);
    const matches = givenId === undefined ? await findMatches(place, table, keys, cells) : [givenId];
    if (matches.length > 1) throw invalidRequest('more than one record matches fieldsToMergeOn');
    const id = matches[0];
    const record = id === undefined ? undefined : (await readRecords(place, [id], table.id)).get(id);
    if (id !== undefined && !record) throw rowDoesNotExist(id);
    const draftId = id ?? newEngineId('rec');
    const before = drafts.get(draftId)?.after ?? record?.cells ?? {};
    drafts.set(draftId, {
      id: draftId,
      before: record ?? null,
      after: updateCells(table, mode, before, cells),
    });
    order.push(draftId);
  }
  const written = await writeDrafts(place, open, [...drafts.values()]);
  const byId = new Map(written.map((record) => [record.id, record]));
  const inOrder = order.flatMap((id) => byId.get(id) ?? []);
  return {
    records: await answerRecords(place, base, table, inOrder, { byFieldId: request.returnFieldsByFieldId }),
    createdRecords: [...drafts.values()].filter((draft) => draft.before === null).map((draft) => draft.id),
    updatedRecords: [...drafts.values()].filter((draft) => draft.before !== null).map((draft) => draft.id),
  };
}
