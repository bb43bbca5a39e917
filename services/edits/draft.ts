import {
  MAX_UPLOAD_BYTES,
  type AirtableRecord,
  type Cells,
  type CellValue,
  type FieldSchema,
  type TableSchema,
} from '../../contracts/airtable';
import type { Change } from '../../contracts/changes';
import { normalizeCell } from '../cells/cells';
import { readAttachmentCell } from '../copies/attachment-cells';
import type { PlanStage } from './plan-stage';
import { draftRecord } from './record-drafts';
import { writableFields, type SchemaIndex } from './schema-index';
import { exactValue } from './values';

/** A change with the record's primary cell, to recognise it by. */
export interface DraftedChange {
  readonly change: Change;
  readonly label: string | null;
  /** Of a deletion: attachments of more than 5 MB, which may not return. */
  readonly largeAttachments?: number;
}

/** Turns what is proposed, cell by cell, into drafts of records with exact values and what the cells hold before. */
export class ChangeSetDraft {
  constructor(
    private readonly index: SchemaIndex,
    private readonly stage: Pick<PlanStage, 'add'>,
  ) {}

  /** Throws InvalidInput for a value that the field does not take. All three throw as `PlanStage.add`. */
  async update(table: TableSchema, record: AirtableRecord, proposed: Cells): Promise<void> {
    const cells = Object.fromEntries(
      this.exactCells(table, proposed).map(([field, after]) => [
        field.id,
        { before: normalizeCell(field, record.fields[field.id] ?? null), after },
      ]),
    );
    const label = labelOf(this.index, table, record.fields);
    await this.stage.add(draftRecord({ tableId: table.id, recordId: record.id, label, cells }));
  }

  async remove(table: TableSchema, record: AirtableRecord): Promise<void> {
    const label = labelOf(this.index, table, record.fields);
    await this.stage.add(
      draftRecord({
        ...{ tableId: table.id, recordId: record.id, label, removed: true },
        before: restorable(table, record),
        largeAttachments: countLarge(table, record),
      }),
    );
  }

  async create(table: TableSchema, proposed: Cells): Promise<void> {
    const exact = this.exactCells(table, proposed).map(([field, after]) => [field.id, after] as const);
    const label = labelOf(this.index, table, Object.fromEntries(exact));
    const cells = Object.fromEntries(exact.map(([id, after]) => [id, { before: null, after }]));
    await this.stage.add(draftRecord({ tableId: table.id, recordId: null, label, cells }));
  }

  private exactCells(table: TableSchema, cells: Cells): [FieldSchema, CellValue][] {
    return Object.entries(cells).map(([key, value]) => {
      const field = this.index.writableField(table, key);
      return [field, exactValue(field, value)];
    });
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
