import type { CellValue } from '../../contracts/airtable';
import type { CountedRecord } from '../airtable/calls/base-answers';
import { readRows, toRecord, updateRows, type RowChange } from '../engine/record-rows';
import { insertRecords } from '../engine/record-writing';
import type { CellStamp, EngineTable, StoredRecord } from '../engine/schema';
import { fileAttachments } from './attachment-tasks';
import { readCopied, saveCopied, markSeen, type CopiedRecord } from './copied-records';
import type { HostedTable } from './hosting';
import { changedCells, mergeCells } from './merge';
import { keepPeople, peopleOfRecords } from './people';
import { keepProblems, type NewProblem } from './problems';
import { countsOf, type CopyRun, type Piece } from './run';
import { newStamps, sameStamps, stampsOf } from './stamps';
import { storedCells } from './stored-cells';
import { addTasks, type NewTask } from './tasks';

type Cells = Readonly<Record<string, CellValue>>;

/** A record of a page in stored form. */
export interface PageRecord {
  readonly record: CountedRecord;
  readonly cells: Cells;
}

/** A page as it will be written. */
export interface ReadPage {
  readonly table: HostedTable;
  readonly records: readonly PageRecord[];
  readonly problems: readonly NewProblem[];
}

/** Puts a page into stored form. Throws SchemaMoved, unless `lenient`: see `storedCells`. */
export function convertPage(
  table: HostedTable,
  records: readonly CountedRecord[],
  lenient: boolean,
): ReadPage {
  const problems: NewProblem[] = [];
  // A record that moved while the page was made can be on it twice.
  const once = new Map(records.map((record) => [record.id, record]));
  const converted = [...once.values()].map((record) => ({
    record,
    cells: storedCells(table, record, lenient, (fieldId, reason) =>
      problems.push({ kind: 'cell', tableId: table.id, recordId: record.id, fieldId, name: null, reason }),
    ),
  }));
  return { table, records: converted, problems };
}

interface Sorted {
  readonly created: StoredRecord[];
  readonly updated: RowChange[];
  /** What the source holds now, of records whose cells there are other than at the last copy. */
  readonly fresh: Pick<CopiedRecord, 'id' | 'cells' | 'stamps'>[];
  readonly same: string[];
  /** The cells that each record of the page, if it is here, has now. */
  readonly here: Map<string, Cells>;
}

/**
 * Writes a page: new records with their ids, what changed at the source since the last copy, and what of it is still to
 * be fetched. Records that did not change there are not written, whatever became of them here.
 */
export async function writePage(run: CopyRun, piece: Piece, page: ReadPage): Promise<void> {
  const { place, base, state } = piece;
  const { table } = page;
  const engineTable = base.tables.find((t) => t.id === table.id);
  if (!engineTable) throw new Error(`the copied base lost its table ${table.id}`);
  const ids = page.records.map(({ record }) => record.id);
  const copied = await readCopied(place, ids);
  const rows = new Map((await readRows(place, ids)).map((row) => [row.id, toRecord(row)]));
  const sorted = sort(run, engineTable, page, copied, rows, place.now);

  await keepPeople(
    place,
    run.copyId,
    peopleOfRecords(
      table,
      page.records.map(({ record }) => record),
    ),
  );
  await insertRecords(place, engineTable, sorted.created);
  await updateRows(place, engineTable.id, sorted.updated);
  await saveCopied(place, table.id, state.position.pass, sorted.fresh);
  await markSeen(place, state.position.pass, sorted.same);
  await keepProblems(place.tx, run.workspaceId, run.copyId, page.problems);
  const attachments = await fileAttachments(place, table, page.records, sorted.here);
  await addTasks(place.tx, run.workspaceId, run.copyId, [
    ...attachments,
    ...(state.position.comments ? commentTasks(page, copied, sorted.here) : []),
  ]);

  const counted = new Set(
    [...copied.values()].filter((r) => r.seen >= state.position.firstPass).map((r) => r.id),
  );
  const counts = countsOf(state, table.id);
  const once = (ids: readonly string[]) => ids.filter((id) => !counted.has(id)).length;
  counts.created += once(sorted.created.map((r) => r.id));
  counts.updated += once(sorted.updated.map((r) => r.before.id));
  counts.unchanged +=
    once(ids) - once(sorted.created.map((r) => r.id)) - once(sorted.updated.map((r) => r.before.id));
}

function sort(
  run: CopyRun,
  engineTable: EngineTable,
  page: ReadPage,
  copied: ReadonlyMap<string, CopiedRecord>,
  rows: ReadonlyMap<string, StoredRecord>,
  now: Date,
): Sorted {
  const sorted: Sorted = { created: [], updated: [], fresh: [], same: [], here: new Map() };
  const types = new Map(engineTable.fields.map((field) => [field.id, field.type]));
  // Of a field that does not come any more nothing is known: its cells stay as they are.
  const coming = new Set(page.table.fields.map(({ field }) => field.id));
  const known = (all: Cells): Cells =>
    Object.fromEntries(Object.entries(all).filter(([id]) => coming.has(id)));
  for (const { record, cells } of page.records) {
    const { id, createdTime } = record;
    const then = copied.get(id);
    const before = known(then?.cells ?? {});
    const row = rows.get(id);
    const { createdBy, modified } = stampsOf(page.table, record);
    if (then && changedCells(before, cells).length === 0 && sameStamps(then.stamps, modified)) {
      sorted.same.push(id);
      if (row) sorted.here.set(id, row.cells);
      continue;
    }
    sorted.fresh.push({ id, cells, stamps: modified });
    if (!row) {
      sorted.created.push({ id, createdTime, createdBy, cells, modified });
      sorted.here.set(id, cells);
      continue;
    }
    const after = mergeCells((fieldId) => types.get(fieldId), before, cells, row.cells);
    sorted.here.set(id, after);
    const changed = changedCells(row.cells, after);
    const fallback: CellStamp = [now.toISOString(), run.actor];
    const stamps = newStamps(
      { then: then?.stamps ?? {}, now: modified, here: row.modified },
      changed,
      fallback,
    );
    if (changed.length > 0 || Object.keys(stamps).length > 0)
      sorted.updated.push({ before: row, after, stamps });
  }
  return sorted;
}

/** Comments are read for records that have some, or had some when they were last copied, and are here. */
function commentTasks(
  page: ReadPage,
  copied: ReadonlyMap<string, CopiedRecord>,
  here: ReadonlyMap<string, Cells>,
): NewTask[] {
  return page.records.flatMap(({ record: { id, commentCount = 0 } }): NewTask[] => {
    const had = Object.keys(copied.get(id)?.comments ?? {}).length > 0;
    if (!here.has(id) || (commentCount === 0 && !had)) return [];
    return [{ kind: 'comments', tableId: page.table.id, recordId: id, details: {} }];
  });
}
