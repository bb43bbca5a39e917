import type { CellValue } from '../../../contracts/airtable';

/** What a payload tells, by the names of the Airtable Web API (webhooks payload, webhooks table changed). */
export interface CellValues {
  readonly cellValuesByFieldId: Readonly<Record<string, CellValue>>;
}
export interface CreatedRecord extends CellValues {
  readonly createdTime: string;
}
export interface ChangedRecord {
  readonly current: CellValues;
  readonly previous?: CellValues;
  readonly unchanged?: CellValues;
}

export interface FieldInfo {
  readonly name?: string;
  readonly type?: string;
  readonly description?: string | null;
}
export interface TableInfo {
  readonly name: string;
  readonly description: string | null;
}

export interface RecordChanges {
  createdRecordsById?: Record<string, CreatedRecord>;
  changedRecordsById?: Record<string, ChangedRecord>;
  destroyedRecordIds?: string[];
}
export interface ChangedTable extends RecordChanges {
  changedMetadata?: { readonly current: TableInfo; readonly previous: TableInfo };
  createdFieldsById?: Record<string, FieldInfo>;
  changedFieldsById?: Record<string, { readonly current: FieldInfo; readonly previous?: FieldInfo }>;
  changedViewsById?: Record<string, RecordChanges>;
}
export interface CreatedTable {
  metadata?: TableInfo;
  fieldsById?: Record<string, FieldInfo>;
  recordsById?: Record<string, CreatedRecord>;
}

export interface PayloadContent {
  createdTablesById?: Record<string, CreatedTable>;
  changedTablesById?: Record<string, ChangedTable>;
}

/** One record in a payload: the smallest part that a split does not divide. */
export type RecordPart = { readonly tableId: string; readonly id: string } & (
  | { readonly kind: 'created'; readonly value: CreatedRecord }
  | { readonly kind: 'changed'; readonly value: ChangedRecord }
  | { readonly kind: 'destroyed' }
);

/** What one webhook tells of one transaction. */
export interface WebhookNews {
  readonly schema: PayloadContent;
  readonly records: readonly RecordPart[];
  /** Where the webhook watches a view: records stand under it. */
  readonly viewId?: string;
}

function addRecord(changes: RecordChanges, part: RecordPart): void {
  if (part.kind === 'created') (changes.createdRecordsById ??= {})[part.id] = part.value;
  else if (part.kind === 'changed') (changes.changedRecordsById ??= {})[part.id] = part.value;
  else (changes.destroyedRecordIds ??= []).push(part.id);
}

/** The payloads of a piece of news: each with that many records at most, the schema's changes in the first. */
export function* splitNews(
  { schema, records, viewId }: WebhookNews,
  maxRecords: number,
): Generator<PayloadContent> {
  const newTables = new Set(Object.keys(schema.createdTablesById ?? {}));
  const hasSchema = Object.keys(schema).length > 0;
  for (let start = 0; start < records.length || (start === 0 && hasSchema); start += maxRecords) {
    const content: PayloadContent = start === 0 ? { ...schema } : {};
    for (const part of records.slice(start, start + maxRecords)) {
      if (newTables.has(part.tableId) && part.kind === 'created') {
        const tables = (content.createdTablesById = { ...content.createdTablesById });
        const table = (tables[part.tableId] ??= {});
        (table.recordsById ??= {})[part.id] = part.value;
        continue;
      }
      const tables = (content.changedTablesById ??= {});
      const table = (tables[part.tableId] ??= {});
      addRecord(viewId === undefined ? table : ((table.changedViewsById ??= {})[viewId] ??= {}), part);
    }
    yield content;
  }
}
