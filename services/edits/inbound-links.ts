import type { AirtableRecord, BaseSchema, FieldSchema } from '../../contracts/airtable';
import { MAX_PAGE_SIZE } from '../../contracts/airtable';
import { quoteFormula } from './links';
import { idsOf } from './restored-links';
import type { EditRun } from './run';

/** A link cell as it was: which record holds it, and the records that it names in their order. */
export interface LinkCell {
  readonly tableId: string;
  readonly recordId: string;
  readonly fieldId: string;
  readonly ids: readonly string[];
}

/** A link field of a base. */
export interface LinkField {
  readonly id: string;
  readonly tableId: string;
  readonly linkedTableId: string;
  /** The field on the other side; undefined where there is none, as for most links of a table to itself. */
  readonly inverseId: string | undefined;
  /** Meant for one record only. Airtable does not enforce it. */
  readonly single: boolean;
}

export type LinkFields = ReadonlyMap<string, LinkField>;

/** Every link field of a base, by id. */
export function linkFieldsOf(schema: BaseSchema): LinkFields {
  const known = new Set(schema.tables.flatMap((table) => table.fields.map(({ id }) => id)));
  const links = schema.tables.flatMap((table) =>
    table.fields.flatMap((field): LinkField[] => {
      const linkedTableId = option(field, 'linkedTableId');
      if (field.type !== 'multipleRecordLinks' || linkedTableId === undefined) return [];
      const inverse = option(field, 'inverseLinkFieldId');
      return [
        {
          id: field.id,
          tableId: table.id,
          linkedTableId,
          inverseId: inverse !== undefined && known.has(inverse) ? inverse : undefined,
          single: field.options?.['prefersSingleRecordLink'] === true,
        },
      ];
    }),
  );
  return new Map(links.map((link) => [link.id, link]));
}

function option(field: FieldSchema, name: string): string | undefined {
  const value = field.options?.[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The cells of a base that name one of the records, which are of one table. Where the records themselves tell who names them
 * those are read by id, for the order in their cells; where a link has no other side, all that might are gone through.
 */
export async function readInboundLinks(
  run: EditRun,
  tableId: string,
  records: readonly AirtableRecord[],
): Promise<LinkCell[]> {
  if (records.length === 0) return [];
  const schema = await run.readSchema();
  const wanted = new Set(records.map(({ id }) => id));
  const cells: LinkCell[] = [];
  for (const link of linkFieldsOf(schema).values()) {
    if (link.linkedTableId !== tableId) continue;
    for await (const record of pointing(run, schema, link, records)) {
      const ids = idsOf(record.fields[link.id]);
      if (ids.some((id) => wanted.has(id)))
        cells.push({ tableId: link.tableId, recordId: record.id, fieldId: link.id, ids });
    }
  }
  return cells;
}

function pointing(
  run: EditRun,
  schema: BaseSchema,
  link: LinkField,
  records: readonly AirtableRecord[],
): AsyncGenerator<AirtableRecord> {
  const { inverseId } = link;
  if (inverseId !== undefined) {
    const ids = new Set(records.flatMap(({ fields }) => idsOf(fields[inverseId])));
    return readCells(run, link.tableId, [...ids], [link.id]);
  }
  return listCells(run, link.tableId, mentions(schema, link, records), [link.id]);
}

/** Names that a formula finds again in a link cell for certain: the others are separated or quoted there in some way. */
const PLAIN = /^[\p{L}\p{N}](?:[\p{L}\p{N} _-]{0,98}[\p{L}\p{N}])?$/u;
const TEXT = new Set(['singleLineText', 'multilineText']);

/** True for every record whose cell names one of them: a formula sees the names of linked records and never their ids. */
function mentions(schema: BaseSchema, link: LinkField, records: readonly AirtableRecord[]): string {
  const table = schema.tables.find(({ id }) => id === link.linkedTableId);
  const primary = table?.fields.find(({ id }) => id === table.primaryFieldId);
  const names = records.map(({ fields }) => fields[primary?.id ?? '']);
  const plain = names.filter((name): name is string => typeof name === 'string' && PLAIN.test(name));
  if (!TEXT.has(primary?.type ?? '') || plain.length < names.length) return `{${link.id}} != ''`;
  return `OR(${[...new Set(plain)].map((name) => `FIND(${quoteFormula(name)}, {${link.id}} & '') > 0`).join(',')})`;
}

/** Records by id, with the cells of a few fields: 100 a call. */
export async function* readCells(
  run: Pick<EditRun, 'client' | 'baseId' | 'signal'>,
  tableId: string,
  ids: readonly string[],
  fields: readonly string[],
): AsyncGenerator<AirtableRecord> {
  for (let i = 0; i < ids.length; i += MAX_PAGE_SIZE) {
    const some = ids.slice(i, i + MAX_PAGE_SIZE);
    const formula = `OR(${some.map((id) => `RECORD_ID()="${id}"`).join(',')})`;
    yield* listCells(run, tableId, formula, fields);
  }
}

async function* listCells(
  run: Pick<EditRun, 'client' | 'baseId' | 'signal'>,
  tableId: string,
  filterByFormula: string,
  fields: readonly string[],
): AsyncGenerator<AirtableRecord> {
  const query = { filterByFormula, pageSize: MAX_PAGE_SIZE, fields };
  for await (const page of run.client.listRecords(run.baseId, tableId, query, { signal: run.signal }))
    yield* page;
}
