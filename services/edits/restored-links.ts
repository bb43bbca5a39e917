import type { Cells, CellValue } from '../../contracts/airtable';
import { isSchemaChange } from '../../contracts/schema-changes';
import type { Tx } from '../database/database';
import type { FieldsById } from './cell-comparison';
import type { JournalEntry } from './journal';
import { readAttachmentSuccessors, readSuccessors, type Successors } from './successors';

/** What follows the record later, once all that it belongs to is back: see restorations.ts. */
const LATER: ReadonlySet<string> = new Set(['multipleRecordLinks', 'multipleAttachments']);

/**
 * A deleted record comes back under a new id: links to it, changes of it and its attachments follow. The return of a record
 * is left with the cells that it is created with; its links and attachments come afterwards. A deletion that took place
 * keeps the id of what it deleted.
 */
export async function followRestoredLinks(
  tx: Tx,
  editId: string,
  fields: FieldsById,
  entries: readonly JournalEntry[],
): Promise<JournalEntry[]> {
  if (entries.length === 0) return [];
  const { rows } = await tx.query<{ base_id: string }>('SELECT base_id FROM edits WHERE id = $1', [editId]);
  const baseId = rows[0]?.base_id ?? '';
  const named = { multipleRecordLinks: new Set<string>(), multipleAttachments: new Set<string>() };
  for (const entry of entries) {
    if (entry.recordId !== null) named.multipleRecordLinks.add(entry.recordId);
    for (const [fieldId, value] of cellsOf(entry)) {
      const type = fields.get(fieldId)?.type;
      if (type === 'multipleRecordLinks' || type === 'multipleAttachments')
        for (const id of idsOf(value)) named[type].add(id);
    }
  }
  const records = await readSuccessors(tx, baseId, [...named.multipleRecordLinks]);
  const attachments = await readAttachmentSuccessors(tx, baseId, [...named.multipleAttachments]);
  return entries.map((entry) => followEntry(entry, fields, records, attachments));
}

function followEntry(
  entry: JournalEntry,
  fields: FieldsById,
  records: Successors,
  attachments: Successors,
): JournalEntry {
  const follow = (fieldId: string, value: CellValue): CellValue => {
    const type = fields.get(fieldId)?.type;
    if (type === 'multipleRecordLinks') return replaceLinks(value, records);
    return type === 'multipleAttachments' ? replaceAttachments(value, attachments) : value;
  };
  const followAll = (cells: Cells): Cells =>
    Object.fromEntries(Object.entries(cells).map(([id, value]) => [id, follow(id, value)]));
  const found = entry.found && followAll(entry.found);
  const { change } = entry;
  const now = (id: string) => records.get(id) ?? id;
  const recordId = entry.recordId === null ? null : now(entry.recordId);
  if (isSchemaChange(change)) return entry;
  switch (change.kind) {
    case 'create': {
      const cells = change.restores === undefined ? change.cells : withoutLater(fields, change.cells);
      return { ...entry, recordId, found, change: { ...change, cells: followAll(cells) } };
    }
    case 'delete': {
      const before = followAll(change.before);
      if (entry.state !== 'pending' && entry.state !== 'intended')
        return { ...entry, found, change: { ...change, before } };
      return { ...entry, recordId, found, change: { ...change, recordId: now(change.recordId), before } };
    }
    case 'update': {
      const cells = Object.fromEntries(
        Object.entries(change.cells).map(([id, cell]) => [
          id,
          { before: follow(id, cell.before), after: follow(id, cell.after) },
        ]),
      );
      return { ...entry, recordId, found, change: { ...change, recordId: now(change.recordId), cells } };
    }
    default:
      return entry;
  }
}

/** The cells that a returning record is created with. */
export function withoutLater(fields: FieldsById, cells: Cells): Cells {
  return Object.fromEntries(
    Object.entries(cells).filter(([fieldId]) => !LATER.has(fields.get(fieldId)?.type ?? '')),
  );
}

function cellsOf({ change, found }: JournalEntry): [string, CellValue][] {
  if (isSchemaChange(change)) return [];
  const own = Object.entries(found ?? {});
  switch (change.kind) {
    case 'create':
      return [...own, ...Object.entries(change.cells)];
    case 'delete':
      return [...own, ...Object.entries(change.before)];
    case 'update':
      return [
        ...own,
        ...Object.entries(change.cells).flatMap(([id, cell]): [string, CellValue][] => [
          [id, cell.before],
          [id, cell.after],
        ]),
      ];
    default:
      return [];
  }
}

/** The ids that a cell of links or attachments names, in order. */
export function idsOf(value: CellValue | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => {
    const id = typeof item === 'object' && item !== null && !Array.isArray(item) ? item['id'] : item;
    return typeof id === 'string' ? [id] : [];
  });
}

function replaceLinks(value: CellValue, records: Successors): CellValue {
  if (!Array.isArray(value)) return value;
  return value.map((id) => (typeof id === 'string' ? (records.get(id) ?? id) : id));
}

function replaceAttachments(value: CellValue, attachments: Successors): CellValue {
  if (!Array.isArray(value)) return value;
  return value.map((item) => {
    const [id] = idsOf([item]);
    const now = id === undefined ? undefined : attachments.get(id);
    return now === undefined ? item : { id: now };
  });
}

/** Of records to be created again, those that another revert of the same edit has brought back already. */
export async function readRestoredElsewhere(
  tx: Tx,
  editId: string,
  recordIds: readonly string[],
): Promise<Set<string>> {
  if (recordIds.length === 0) return new Set();
  const { rows } = await tx.query<{ id: string }>(
    `SELECT c.change ->> 'restores' AS id FROM edit_changes c JOIN edits e ON e.workspace_id = c.workspace_id AND e.id = c.edit_id
       JOIN edits me ON me.workspace_id = e.workspace_id AND me.id = $1
     WHERE (e.includes || e.revert_of) && (me.includes || me.revert_of) AND e.id <> $1 AND c.kind = 'create'
       AND c.state IN ('intended', 'landed', 'unknown') AND c.change ->> 'restores' = ANY($2)`,
    [editId, recordIds],
  );
  return new Set(rows.map((r) => r.id));
}
