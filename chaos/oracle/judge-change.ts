import { describeFile, fileOf } from '../plan/files';
import type { ItemCells, ItemField, PlannedChange, PlannedEdit } from '../plan/shapes';
import type { FoundItem } from '../world/base';
import type { FindingKind } from './findings';

/** Where a change has to be found at the end. */
export type Expected = 'after' | 'before';
/** What is wrong with a change, in words; null when nothing is. */
export type Verdict = { readonly kind: FindingKind; readonly saw: string } | null;

const FIELDS: readonly ItemField[] = ['Value', 'Count', 'Stage', 'Targets'];
const text = (value: unknown) => JSON.stringify(Array.isArray(value) ? value.toSorted() : (value ?? null));
/** True where two records hold the same in every field; the order of links says nothing. */
export const sameCells = (a: ItemCells, b: ItemCells) =>
  FIELDS.every((field) => text(a[field]) === text(b[field]));

/**
 * Compares what is there under a change's name with what the edit promised. `found`: the records of that name at the end.
 * What a person wrote stands wherever it is: their last word on a cell is neither before nor after.
 */
export function judgeChange(
  plan: PlannedEdit,
  change: PlannedChange,
  expected: Expected,
  found: readonly FoundItem[],
): Verdict {
  if (found.length > 1) return { kind: 'duplicated', saw: `${found.length} records of that name` };
  const [record] = found;
  const item = plan.items.find(({ name }) => name === change.name);
  return judgeCells(plan, change, expected, record) ?? judgeFiles(item?.files ?? [], record);
}

function judgeCells(
  plan: PlannedEdit,
  change: PlannedChange,
  expected: Expected,
  record: FoundItem | undefined,
): Verdict {
  if (change.kind === 'create') return judgeCreation(change.cells, expected, record);
  const was = plan.items.find(({ name }) => name === change.name)?.cells ?? {};
  if (change.kind === 'delete') return judgeDeletion(was, expected, record);
  if (!record) return { kind: 'lost', saw: 'the record is gone' };
  const said = plan.humans.filter(({ name }) => name === change.name).map(({ value }) => value);
  return judgeUpdate(was, { ...was, ...change.cells }, expected, record.cells, said);
}

function judgeCreation(cells: ItemCells, expected: Expected, record: FoundItem | undefined): Verdict {
  if (!record) return expected === 'after' ? { kind: 'lost', saw: 'no record was created' } : null;
  if (expected === 'before') return { kind: 'left over', saw: `${record.id} is still there` };
  if (sameCells(record.cells, cells)) return null;
  return { kind: 'half-done', saw: `created as ${JSON.stringify(record.cells)}` };
}

function judgeDeletion(was: ItemCells, expected: Expected, record: FoundItem | undefined): Verdict {
  if (expected === 'after') return record ? { kind: 'lost', saw: `${record.id} was not deleted` } : null;
  if (!record) return { kind: 'lost', saw: 'the record was deleted and did not come back' };
  if (sameCells(record.cells, was)) return null;
  return { kind: 'half-done', saw: `it came back as ${JSON.stringify(record.cells)}` };
}

/** Whatever became of a record: where it is there, its files are, each once and with its bytes. */
function judgeFiles(files: readonly string[], record: FoundItem | undefined): Verdict {
  if (!record) return null;
  const wanted = files.map((name) => describeFile(name, fileOf(name))).toSorted();
  const there = record.files.toSorted();
  if (text(there) === text(wanted)) return null;
  const saw = `its files are ${there.join(', ') || 'gone'} instead of ${wanted.join(', ') || 'none'}`;
  if (wanted.some((file) => !there.includes(file))) return { kind: 'lost', saw };
  const twice = wanted.some((file) => there.filter((one) => one === file).length > 1);
  return { kind: twice ? 'duplicated' : 'half-done', saw };
}

function judgeUpdate(
  was: ItemCells,
  is: ItemCells,
  expected: Expected,
  found: ItemCells,
  said: readonly string[],
): Verdict {
  const human = found.Value !== undefined && said.includes(found.Value);
  const fields = FIELDS.filter((field) => !(human && field === 'Value'));
  const holds = (cells: ItemCells) => fields.every((field) => text(found[field]) === text(cells[field]));
  if (holds(expected === 'after' ? is : was)) return null;
  const saw = JSON.stringify(found);
  if (holds(expected === 'after' ? was : is))
    return { kind: expected === 'after' ? 'lost' : 'left over', saw };
  return { kind: 'half-done', saw };
}
