import { createHash } from 'node:crypto';
import type { AirtableRecord, BaseSchema, Cells, CellValue } from '../../contracts/airtable';
import type { Evidence } from '../../contracts/edits';
import { SagatableError } from '../../contracts/errors';
import { MARKER_PREFIX } from '../../contracts/markers';
import type { WriteOptions } from '../airtable/client';
import type { JournalEntry } from './journal';
import { quoteField, quoteFormula } from './links';
import type { EditRun } from './run';

/** One record that an entry of the journal creates: a creation, or the return of a deleted one. */
export interface Creation {
  readonly ordinal: number;
  readonly cells: Cells;
}

/** A created record, and how it is known to be that entry's. */
export interface Created {
  readonly record: AirtableRecord;
  readonly evidence: Evidence;
}

const MARKER = new RegExp(`^${MARKER_PREFIX}[0-9a-f]{24}$`);

/** What the record that an entry creates carries: always the same, nobody else's, and without a meaning. */
export function markerOf(editId: string, ordinal: number): string {
  return MARKER_PREFIX + createHash('sha256').update(`${editId}/${ordinal}`).digest('hex').slice(0, 24);
}

/** Whether a cell holds a marker of any edit. */
export function isMarker(value: CellValue | undefined): boolean {
  return typeof value === 'string' && MARKER.test(value);
}

/**
 * Where the records of one request carry their markers. Undefined where the table has no marker field, or where one of the
 * records has a text of its own for it; the marker of an earlier edit is no such text. An entry that was sent with a marker
 * once keeps that field, whatever was chosen since: by it the earlier record would be found.
 */
export function markerFieldFor(
  run: Pick<EditRun, 'markers'>,
  entries: readonly Pick<JournalEntry, 'change' | 'markerField' | 'firstSentAt'>[],
  creations: readonly Creation[],
): string | undefined {
  const [first] = entries;
  if (!first) return undefined;
  const field = first.markerField ?? run.markers.get(first.change.tableId);
  if (field === undefined || first.markerField !== null) return field;
  // An earlier request without markers may still land: it is looked for, and its like sent, without them.
  if (entries.some(({ firstSentAt }) => firstSentAt !== null)) return undefined;
  const ownText = creations.some(({ cells }) => {
    const value = cells[field] ?? null;
    return value !== null && !isMarker(value);
  });
  return ownText ? undefined : field;
}

/**
 * Creates at most 10 records, in the order given. With `field` each carries its marker and is written as an upsert on it,
 * which is safe to repeat: a record that an earlier request made is found again. Two such requests under way at the same
 * time may still make two, since Airtable promises nothing there; both then carry the marker. Throws as the gateway does,
 * `ambiguous_write` included.
 */
export async function sendCreations(
  run: Pick<EditRun, 'client' | 'baseId' | 'editId'>,
  tableId: string,
  field: string | undefined,
  creations: readonly Creation[],
  options: WriteOptions,
): Promise<Created[]> {
  if (field === undefined) {
    const cells = creations.map((creation) => creation.cells);
    const records = await run.client.createRecords(run.baseId, tableId, cells, options);
    return records.map((record) => ({ record, evidence: 'answer' }));
  }
  const records = creations.map(({ cells, ordinal }) => ({
    fields: { ...cells, [field]: markerOf(run.editId, ordinal) },
  }));
  const upsert = { records, fieldsToMergeOn: [field] };
  const answer = await run.client.upsertRecords(run.baseId, tableId, upsert, options);
  const there = new Set(answer.updatedRecords);
  return answer.records.map((record) => ({ record, evidence: there.has(record.id) ? 'marker' : 'answer' }));
}

/**
 * The records that carry the markers of these entries, by ordinal: one call. Undefined when the field is not there any more,
 * and with it the markers.
 */
export async function findMarked(
  run: Pick<EditRun, 'client' | 'baseId' | 'editId' | 'signal' | 'readSchema'>,
  tableId: string,
  field: string,
  ordinals: readonly number[],
): Promise<Map<number, AirtableRecord[]> | undefined> {
  const ordinalOf = new Map(ordinals.map((ordinal) => [markerOf(run.editId, ordinal), ordinal]));
  const known = nameOf(await run.readSchema(), tableId, field);
  if (known !== undefined) {
    try {
      return await listMarked(known);
    } catch (error) {
      // It was renamed lately: its name is asked for anew, once.
      if (!(error instanceof SagatableError) || error.kind !== 'InvalidInput') throw error;
    }
  }
  const now = await run.client.getBaseSchema(run.baseId, { signal: run.signal });
  const name = nameOf(now, tableId, field);
  return name === undefined ? undefined : listMarked(name);

  async function listMarked(name: string): Promise<Map<number, AirtableRecord[]>> {
    const cell = quoteField(name);
    const filterByFormula = `OR(${[...ordinalOf.keys()].map((m) => `${cell}=${quoteFormula(m)}`).join(',')})`;
    const found = new Map<number, AirtableRecord[]>();
    const pages = run.client.listRecords(run.baseId, tableId, { filterByFormula }, { signal: run.signal });
    for await (const page of pages) {
      for (const record of page) {
        const marker = record.fields[field];
        const ordinal = typeof marker === 'string' ? ordinalOf.get(marker) : undefined;
        if (ordinal !== undefined) found.set(ordinal, [...(found.get(ordinal) ?? []), record]);
      }
    }
    return found;
  }
}

const nameOf = ({ tables }: BaseSchema, tableId: string, field: string): string | undefined =>
  tables.find(({ id }) => id === tableId)?.fields.find(({ id }) => id === field)?.name;
