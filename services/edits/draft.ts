import {
  MAX_UPLOAD_BYTES,
  type AirtableRecord,
  type Cells,
  type TableSchema,
} from '../../contracts/airtable';
import { MAX_CHANGES, type Change } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import { normalizeCell } from '../cells/cells';
import { readAttachmentCell } from '../copies/attachment-cells';
import { writableFields, type SchemaIndex } from './schema-index';
import { exactValue, optionNames } from './values';

/** A change with the record's primary cell, to recognise it by. */
export interface DraftedChange {
  readonly change: Change;
  readonly label: string | null;
  /** Of a deletion: attachments of more than 5 MB, which may not return. */
  readonly largeAttachments?: number;
}

interface RecordDraft {
  readonly table: TableSchema;
  readonly record: AirtableRecord;
  cells: Cells;
  removed: boolean;
}

/**
 * Collects what is proposed, one entry a record (a later proposal for the same cell wins), and turns it into
 * canonical changes: new options first, then creations, updates, deletions.
 */
export class ChangeSetDraft {
  private readonly records = new Map<string, RecordDraft>();
  private readonly creations: Array<{ table: TableSchema; cells: Cells }> = [];

  constructor(private readonly index: SchemaIndex) {}

  update(table: TableSchema, record: AirtableRecord, cells: Cells): void {
    const draft = this.draftOf(table, record);
    draft.removed = false;
    Object.assign(draft.cells, this.exactCells(table, cells));
  }

  remove(table: TableSchema, record: AirtableRecord): void {
    this.draftOf(table, record).removed = true;
  }

  create(table: TableSchema, cells: Cells): void {
    this.creations.push({ table, cells: this.exactCells(table, cells) });
    this.checkSize();
  }

  private draftOf(table: TableSchema, record: AirtableRecord): RecordDraft {
    const found = this.records.get(record.id);
    if (found) return found;
    const draft: RecordDraft = { table, record, cells: {}, removed: false };
    this.records.set(record.id, draft);
    this.checkSize();
    return draft;
  }

  private checkSize(): void {
    if (this.records.size + this.creations.length > MAX_CHANGES) {
      throw new SagatableError(
        'InvalidInput',
        `An edit holds at most ${MAX_CHANGES.toLocaleString('en')} changes: narrow it down or split it.`,
        {
          code: 'too_many_changes',
        },
      );
    }
  }

  private exactCells(table: TableSchema, cells: Cells): Cells {
    return Object.fromEntries(
      Object.entries(cells).map(([key, value]) => {
        const field = this.index.writableField(table, key);
        return [field.id, exactValue(field, value)];
      }),
    );
  }

  /** Cells that already hold what is proposed drop out, and so do changes with none left. */
  finish(): DraftedChange[] {
    const creates = this.creations.map(({ table, cells }): DraftedChange => ({
      change: { kind: 'create', tableId: table.id, cells },
      label: labelOf(this.index, table, cells),
    }));
    const updates: DraftedChange[] = [];
    const deletes: DraftedChange[] = [];
    for (const { table, record, cells, removed } of this.records.values()) {
      const label = labelOf(this.index, table, record.fields);
      if (removed) {
        deletes.push({
          change: {
            kind: 'delete',
            tableId: table.id,
            recordId: record.id,
            before: restorable(table, record),
          },
          label,
          largeAttachments: countLarge(table, record),
        });
        continue;
      }
      const changed = Object.entries(cells).flatMap(([fieldId, after]) => {
        const before = normalizeCell(this.index.field(table, fieldId), record.fields[fieldId] ?? null);
        return JSON.stringify(before) === JSON.stringify(after)
          ? []
          : [[fieldId, { before, after }] as const];
      });
      if (changed.length)
        updates.push({
          change: {
            kind: 'update',
            tableId: table.id,
            recordId: record.id,
            cells: Object.fromEntries(changed),
          },
          label,
        });
    }
    const rest = [...byTable(creates), ...byTable(updates), ...byTable(deletes)];
    return [...newOptions(this.index, rest), ...rest];
  }
}

/** What of a record can be written again, by field id. */
export function restorable(table: TableSchema, record: AirtableRecord): Cells {
  const cells: Cells = {};
  for (const field of writableFields(table)) {
    const value = normalizeCell(field, record.fields[field.id] ?? null);
    if (value !== null) cells[field.id] = value;
  }
  return cells;
}

function countLarge(table: TableSchema, record: AirtableRecord): number {
  const cells = table.fields
    .filter(({ type }) => type === 'multipleAttachments')
    .map(({ id }) => record.fields[id]);
  return cells.flatMap(readAttachmentCell).filter(({ size }) => (size ?? 0) > MAX_UPLOAD_BYTES).length;
}

function labelOf(index: SchemaIndex, table: TableSchema, cells: Cells): string | null {
  const value = cells[index.primaryField(table).id];
  return value === undefined || value === null
    ? null
    : (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200);
}

/** Neighbours share a table, so that ten fit into one request. */
function byTable(changes: DraftedChange[]): DraftedChange[] {
  const tables = new Map<string, DraftedChange[]>();
  for (const c of changes) {
    const same = tables.get(c.change.tableId);
    if (same) same.push(c);
    else tables.set(c.change.tableId, [c]);
  }
  return [...tables.values()].flat();
}

/** Options that the values name and the schema lacks: each is a change of its own, to be seen and approved. */
function newOptions(index: SchemaIndex, changes: readonly DraftedChange[]): DraftedChange[] {
  const added = new Map<string, DraftedChange>();
  for (const { change } of changes) {
    if (change.kind !== 'update' && change.kind !== 'create') continue;
    const table = index.table(change.tableId);
    const written =
      change.kind === 'update'
        ? Object.entries(change.cells).map(([id, c]) => [id, c.after] as const)
        : Object.entries(change.cells);
    for (const [fieldId, value] of written) {
      const known = optionNames(index.field(table, fieldId));
      if (!known || value === null) continue;
      for (const name of Array.isArray(value) ? value : [value]) {
        if (typeof name !== 'string' || known.has(name)) continue;
        added.set(`${fieldId}\n${name}`, {
          change: { kind: 'createOption', tableId: table.id, fieldId, name },
          label: name,
        });
      }
    }
  }
  return [...added.values()];
}
