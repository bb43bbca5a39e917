import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AirtableRecord } from '../../contracts/airtable';
import { readBase } from './base-rows';
import { answerRecords } from './answers';
import { readCommentCounts } from './comments/list-comments';
import { EngineError, unknownField } from './engine-error';
import { compileFilter, type RecordFilter } from './filter';
import { ListQuery, readOffset, writeOffset } from './list-query';
import { listStatement, orderKeysOf, type ListStatement } from './list-sql';
import type { BasePlace } from './place';
import { toRecord, type RecordRow } from './record-rows';
import { readSurroundings } from './surroundings';
import { findField, type EngineBase, type EngineField, type EngineTable } from './schema';
import { parseBody } from './body';
import { tableOf } from './schema-writing';
import { textFormOf } from './text-form';
import { applyView } from './views/apply-view';

/** Rows a filter looks at in one go: what one request holds in memory, whatever the size of the table. */
const BATCH = 500;
/** How long one request may filter before it is told to ask for less. */
const FILTER_TIME_MS = 25_000;
/** How long it may evaluate before other requests get their turn. */
const TURN_MS = 20;

interface ListRow extends RecordRow {
  seq: string;
  keys: string[];
}

export interface RecordPage {
  readonly records: AirtableRecord[];
  /** Where the next page begins; absent on the last. */
  readonly offset?: string;
}

function chosenFields(table: EngineTable, names: readonly string[] | undefined): EngineField[] | undefined {
  return names?.map((name) => {
    const field = findField(table, name);
    if (!field) throw unknownField(name);
    return field;
  });
}

/** Records with the numbers of their comments, where the request asks for those. */
async function countComments(
  place: BasePlace,
  records: AirtableRecord[],
  { recordMetadata }: ListQuery,
): Promise<AirtableRecord[]> {
  if (!recordMetadata?.includes('commentCount')) return records;
  const counts = await readCommentCounts(
    place,
    records.map((record) => record.id),
  );
  return records.map((record) => ({ ...record, commentCount: counts.get(record.id) ?? 0 }));
}

async function readRows(place: BasePlace, { sql, values }: ListStatement): Promise<ListRow[]> {
  return (await place.tx.query<ListRow>(sql, values)).rows;
}

/** Rows that the filter keeps, at most `limit`, read through a cursor: one sort for the whole request. */
async function readFiltered(
  place: BasePlace,
  base: EngineBase,
  statement: ListStatement,
  filter: RecordFilter,
  limit: number,
): Promise<ListRow[]> {
  const end = Date.now() + FILTER_TIME_MS;
  let turnEnds = Date.now() + TURN_MS;
  const kept: ListRow[] = [];
  place.tx.send(`DECLARE engine_list NO SCROLL CURSOR FOR ${statement.sql}`, statement.values);
  for (;;) {
    const { rows } = await place.tx.query<ListRow>(`FETCH ${BATCH} FROM engine_list`);
    const records = rows.map(toRecord);
    const context = await readSurroundings(place, base, filter.fields, records, 'text');
    for (const [i, row] of rows.entries()) {
      const record = records[i];
      if (record && filter.keeps(record, context) && kept.push(row) === limit) break;
      if (Date.now() < turnEnds) continue;
      await nextTurn();
      turnEnds = Date.now() + TURN_MS;
      if (turnEnds > end) throw tookTooLong();
    }
    if (rows.length < BATCH || kept.length === limit) break;
  }
  place.tx.send('CLOSE engine_list');
  return kept;
}

function tookTooLong(): EngineError {
  return new EngineError(422, 'LIST_RECORDS_TIMEOUT', 'Filtering took too long: use a simpler formula');
}

/**
 * One page of a table's records. Without `sort` they come in the order of creation. A page is no snapshot: what changes
 * between two pages is seen or not, but no untouched record is left out or given twice. Throws EngineError.
 */
export async function listRecords(
  place: BasePlace,
  tableIdOrName: string,
  input: unknown,
): Promise<RecordPage> {
  const asked = parseBody(ListQuery, input);
  const base = await readBase(place);
  const table = tableOf(base, tableIdOrName);
  const query = await applyView(place, table, asked);
  const text = textFormOf(query);
  const fields = chosenFields(table, query.fields);
  const keys = orderKeysOf(table, query);
  const position = readOffset(
    table.id,
    query,
    keys.map((key) => key.kind),
  );
  const given = position?.given ?? 0;
  const room = Math.min(query.pageSize, (query.maxRecords ?? Infinity) - given);
  if (room <= 0) return { records: [] };
  const filter = query.filterByFormula ? compileFilter(table, query.filterByFormula, place.now) : undefined;
  // One more than asked for tells whether there is a next page.
  const wanted = room + 1;
  const read = (limit?: number) => listStatement(place, table.id, keys, position, filter?.sql, limit);
  const rows =
    filter && !filter.sql.exact
      ? await readFiltered(place, base, read(), filter, wanted)
      : await readRows(place, read(wanted));
  const page = rows.slice(0, room);
  const form = { byFieldId: query.returnFieldsByFieldId, ...(fields && { fields }), ...(text && { text }) };
  const last = page.at(-1);
  const more = rows.length > room && given + room < (query.maxRecords ?? Infinity);
  const records = await answerRecords(place, base, table, page.map(toRecord), form);
  return {
    records: await countComments(place, records, query),
    ...(more &&
      last && {
        offset: writeOffset(table.id, query, { keys: last.keys, seq: last.seq, given: given + room }),
      }),
  };
}
