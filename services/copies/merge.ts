import type { CellValue } from '../../contracts/airtable';
import { canonicalJson } from '../edits/canonical';

type Cells = Readonly<Record<string, CellValue>>;

/** Types whose cells are lists of ids that people add to and take from. */
const LISTS: ReadonlySet<string> = new Set(['multipleRecordLinks', 'multipleAttachments']);

const same = (a: CellValue | undefined, b: CellValue | undefined) => canonicalJson(a) === canonicalJson(b);

/** The fields whose cells differ. */
export function changedCells(before: Cells, now: Cells): string[] {
  const ids = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...ids].filter((id) => !same(before[id], now[id]));
}

/**
 * A record's cells here after the source changed from `before` to `now`: cells that did not change there stay as they are
 * here, others are taken over. In lists of links and attachments what was added here stays, and what was taken out here
 * stays out.
 */
export function mergeCells(
  typeOf: (fieldId: string) => string | undefined,
  before: Cells,
  now: Cells,
  here: Cells,
): Record<string, CellValue> {
  const merged: Record<string, CellValue> = { ...here };
  for (const id of changedCells(before, now)) {
    const value = LISTS.has(typeOf(id) ?? '') ? mergeList(before[id], now[id], here[id]) : (now[id] ?? null);
    if (value === null || (Array.isArray(value) && value.length === 0)) delete merged[id];
    else merged[id] = value;
  }
  return merged;
}

const list = (value: CellValue | undefined): readonly CellValue[] => (Array.isArray(value) ? value : []);

function mergeList(
  before: CellValue | undefined,
  now: CellValue | undefined,
  here: CellValue | undefined,
): CellValue {
  if (same(before, here)) return now ?? null;
  const takenOut = new Set(list(before).filter((item) => !list(here).includes(item)));
  const fromSource = list(now).filter((item) => !takenOut.has(item));
  const madeHere = list(here).filter((item) => !list(before).includes(item) && !fromSource.includes(item));
  return [...fromSource, ...madeHere];
}
