import { toText } from '../formula/values';
import { fieldTypeOf } from './fields/registry';
import type { ReadContext } from './fields/field-type';
import { linkedIds } from './links';
import { readRecords, type BasePlace, type StoredCells } from './record-rows';
import { optionText, type EngineBase, type EngineField } from './schema';

/** A table's primary field cannot be a link, so its text needs no further records. */
const NO_LINKS: ReadContext = { linkText: () => '' };

/** Reads the primary texts of all records that the given fields of the given rows link to: one query per linked table. */
export async function readLinkTexts(
  place: BasePlace,
  base: EngineBase,
  fields: readonly EngineField[],
  rows: readonly { readonly cells: StoredCells }[],
): Promise<ReadContext> {
  const texts = new Map<string, string>();
  for (const field of fields.filter((f) => f.type === 'multipleRecordLinks')) {
    const table = base.tables.find((t) => t.id === optionText(field, 'linkedTableId'));
    const primary = table?.fields.find((f) => f.id === table.primaryFieldId);
    const ids = new Set(rows.flatMap((row) => linkedIds(row.cells[field.id])));
    if (!table || !primary || ids.size === 0) continue;
    for (const [id, record] of await readRecords(place, [...ids], table.id)) {
      const cell = record.cells[primary.id];
      texts.set(id, cell === undefined ? '' : toText(fieldTypeOf(primary).formula(cell, primary, NO_LINKS)));
    }
  }
  return { linkText: (id) => texts.get(id) ?? '' };
}
