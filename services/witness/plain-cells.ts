import type { Cells, CellValue } from '../../contracts/airtable';

interface Members {
  readonly [key: string]: CellValue;
}

const isObject = (value: CellValue | undefined): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Named members as they are; those that are not there, and all others, are left out. */
function pick(value: Members, names: readonly string[]): CellValue {
  return Object.fromEntries(
    names.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])),
  );
}

/** What a look-up shows, in the order of the linked records. */
function lookedUp(value: Members): CellValue {
  const { linkedRecordIds, valuesByLinkedRecordId } = value;
  const byRecord = isObject(valuesByLinkedRecordId) ? valuesByLinkedRecordId : {};
  return (Array.isArray(linkedRecordIds) ? linkedRecordIds : []).flatMap((id) => {
    const values = typeof id === 'string' ? byRecord[id] : undefined;
    return Array.isArray(values) ? values.map(plainValue) : values === undefined ? [] : [plainValue(values)];
  });
}

/**
 * A cell of a webhook payload (cell format V2) in the form in which the records API gives it: options by name, links by
 * record id, look-ups as lists. The kind of an object shows in its id, so no schema is asked for. Of attachments nothing
 * is kept that ends after two hours: no URLs, no thumbnails. Source: Airtable Web API, field model, cell format V2.
 */
export function plainValue(value: CellValue): CellValue {
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isObject(value)) return value;
  if ('linkedRecordIds' in value) return lookedUp(value);
  const { id, name } = value;
  if (typeof id !== 'string') return value;
  if (id.startsWith('rec')) return id;
  if (id.startsWith('att')) return pick(value, ['id', 'filename', 'size', 'type']);
  if (id.startsWith('sel') && typeof name === 'string') return name;
  return pick(value, ['id', 'email', 'name']);
}

/** All cells of a record in that form; null stays, as an empty cell. */
export function plainCells(cells: Cells): Cells {
  return Object.fromEntries(Object.entries(cells).map(([fieldId, value]) => [fieldId, plainValue(value)]));
}
