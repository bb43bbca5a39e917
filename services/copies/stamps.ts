import type { CountedRecord } from '../airtable/calls/base-answers';
import { canonicalJson } from '../edits/canonical';
import type { CellStamp } from '../engine/schema';
import type { HostedField, HostedTable } from './hosting';
import { readCollaborators } from './people';

type CellStamps = Readonly<Record<string, CellStamp>>;

/** Who made a record, and who changed its cells last and when, as far as fields of the source tell. */
export interface Stamps {
  readonly createdBy: string | null;
  /** By field id. */
  readonly modified: CellStamps;
}

/** The fields that a lastModified field watches: all that can be written, where it names none. */
function watched(table: HostedTable, hosted: HostedField): readonly string[] {
  const referenced = hosted.field.options?.['referencedFieldIds'];
  if (Array.isArray(referenced) && referenced.length > 0)
    return referenced.filter((id): id is string => typeof id === 'string');
  return table.fields.map(({ field }) => field.id);
}

/**
 * Reads the stamps out of a record's createdBy and lastModified fields. A field that several of them watch gets the earliest
 * of their times: then each shows, as the latest of its own fields, what it shows at the source.
 */
export function stampsOf(table: HostedTable, record: CountedRecord): Stamps {
  const ofType = (type: string) => table.fields.filter(({ field }) => field.type === type);
  const creator = ofType('createdBy').map(({ field }) => readCollaborators(record.fields[field.id])[0])[0];
  const editors = ofType('lastModifiedBy').flatMap((hosted) => {
    const person = readCollaborators(record.fields[hosted.field.id])[0];
    return person ? [{ id: person.id, fields: watched(table, hosted) }] : [];
  });
  const times = ofType('lastModifiedTime').flatMap((hosted) => {
    const value = record.fields[hosted.field.id];
    const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(at) ? [] : [{ at: new Date(at).toISOString(), fields: watched(table, hosted) }];
  });
  // Without a time of its own a change is as old as the record, at the least.
  const moments =
    times.length > 0 ? times : editors.map(({ fields }) => ({ at: record.createdTime, fields }));
  const modified: Record<string, CellStamp> = {};
  for (const { at, fields } of moments) {
    for (const id of fields) {
      const before = modified[id]?.[0];
      if (before !== undefined && before <= at) continue;
      modified[id] = [at, editors.find((editor) => editor.fields.includes(id))?.id ?? null];
    }
  }
  return { createdBy: creator?.id ?? null, modified };
}

/** Whether the source tells of no change since. */
export function sameStamps(a: CellStamps, b: CellStamps): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/**
 * The stamps that a record gets: the source's where they are new and later than what is here, and `fallback` for cells that
 * change (`changed`) without the source telling when.
 */
export function newStamps(
  { then, now, here }: { readonly then: CellStamps; readonly now: CellStamps; readonly here: CellStamps },
  changed: readonly string[],
  fallback: CellStamp,
): CellStamps {
  const stamps: Record<string, CellStamp> = {};
  for (const id of changed) if (now[id] === undefined) stamps[id] = fallback;
  for (const [id, stamp] of Object.entries(now)) {
    const before = here[id];
    if (canonicalJson(then[id]) === canonicalJson(stamp)) continue;
    if (before === undefined || before[0] < stamp[0]) stamps[id] = stamp;
  }
  return stamps;
}
