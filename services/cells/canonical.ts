import type { CellValue } from '../../contracts/airtable';

/** Deeper than this nothing is compared by structure: no cell of Airtable comes near it. */
const MAX_DEPTH = 64;

/** The same JSON with sorted keys, no -0, and null where a number is not finite. Deeper parts than 64 levels become null. */
export function canonicalJson(value: CellValue, depth = 0): CellValue {
  if (depth > MAX_DEPTH) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (Array.isArray(value)) return value.map((item) => canonicalJson(item, depth + 1));
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value).sort();
    return Object.fromEntries(keys.map((key) => [key, canonicalJson(value[key] ?? null, depth + 1)]));
  }
  return value;
}

/** True for what Airtable leaves out of an answer: null, "", [] and false. 0 is a value. */
export function isEmptyCell(value: CellValue | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** A string member of an object, if it has a non-empty one. */
export function stringMember(value: CellValue | undefined, key: string): string | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const member = value[key];
  return typeof member === 'string' && member !== '' ? member : undefined;
}

/** Each item once, in the order of first appearance. */
export function distinct(items: readonly CellValue[]): CellValue[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = JSON.stringify(item);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
