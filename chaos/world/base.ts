import { z } from 'zod';
import { STAGES } from '../plan/plan-edit';
import type { ItemCells, ItemField, SeededItem } from '../plan/shapes';
import { askWell, type Asked } from './ask';

const BATCH = 10;
const ITEM_FIELDS: readonly ItemField[] = ['Value', 'Count', 'Stage', 'Targets'];

const Records = z.object({
  records: z.array(z.object({ id: z.string(), fields: z.record(z.string(), z.unknown()) })),
  offset: z.string().optional(),
});
/** '' for a record that has none. */
const Name = z.string().default('');
const Schema = z.object({
  tables: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      fields: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
  ),
});

/** A record of Items as it is in the base. Links are names where the linked record has one, else ids. */
export interface FoundItem {
  readonly id: string;
  readonly name: string;
  readonly cells: ItemCells;
}

/** A base in what plays Airtable, as the person who edits it past the product sees it: no proxy is on the way. */
export interface Base {
  readonly id: string;
  /** Ids of tables and fields by name, as the log has them. */
  readonly tableIds: Readonly<Record<'Items' | 'Targets', string>>;
  readonly fieldNames: ReadonlyMap<string, string>;
  /** The field of Items that nobody writes but the product, where it is told to mark what it creates. */
  readonly markerFieldId: string;
  /** Whether it is told so. */
  marked: boolean;
  /** Puts records into the base that an edit is about. Not for repeating: it is done once for each edit. */
  addTargets(names: readonly string[]): Promise<void>;
  addItems(items: readonly SeededItem[]): Promise<void>;
  idOf(name: string): string;
  nameOf(id: string): string | undefined;
  writeValue(name: string, value: string): Promise<void>;
  deleteTarget(name: string): Promise<void>;
  readItems(): Promise<FoundItem[]>;
}

/** Makes a base with the two tables of the run. `url` and `token` are Airtable's. */
export async function makeBase(
  url: string,
  { token, workspaceId }: { readonly token: string; readonly workspaceId: string },
): Promise<Base> {
  const call = (method: Asked['method'], path: string, body?: unknown) =>
    askWell({ method, url: `${url}/v0${path}`, token, ...(body === undefined ? {} : { body }) });
  const made = await call('POST', '/meta/bases', {
    name: 'Chaos',
    workspaceId,
    tables: [
      { name: 'Targets', fields: [{ name: 'Name', type: 'singleLineText' }] },
      {
        name: 'Items',
        fields: [
          { name: 'Name', type: 'singleLineText' },
          { name: 'Value', type: 'multilineText' },
          { name: 'Count', type: 'number', options: { precision: 0 } },
          { name: 'Marker', type: 'singleLineText' },
          { name: 'Stage', type: 'singleSelect', options: { choices: STAGES.map((name) => ({ name })) } },
        ],
      },
    ],
  });
  const { id } = z.object({ id: z.string() }).parse(made);
  const readSchema = async () => Schema.parse(await call('GET', `/meta/bases/${id}/tables`)).tables;
  const tableId = (tables: Awaited<ReturnType<typeof readSchema>>, name: string) => {
    const table = tables.find((one) => one.name === name);
    if (!table) throw new Error(`the base was made without its table ${name}`);
    return table.id;
  };
  const first = await readSchema();
  const tableIds = { Items: tableId(first, 'Items'), Targets: tableId(first, 'Targets') };
  await call('POST', `/meta/bases/${id}/tables/${tableIds.Items}/fields`, {
    name: 'Targets',
    type: 'multipleRecordLinks',
    options: { linkedTableId: tableIds.Targets },
  });
  const fields = (await readSchema()).flatMap((table) => table.fields);
  const markerFieldId = fields.find(({ name }) => name === 'Marker')?.id;
  if (markerFieldId === undefined) throw new Error('the base was made without its field for markers');
  const ids = new Map<string, string>();
  const names = new Map<string, string>();

  async function add(
    table: 'Items' | 'Targets',
    records: ReadonlyArray<Record<string, unknown>>,
  ): Promise<void> {
    for (let at = 0; at < records.length; at += BATCH) {
      const part = records.slice(at, at + BATCH);
      const answer = await call('POST', `/${id}/${tableIds[table]}`, {
        records: part.map((f) => ({ fields: f })),
      });
      for (const record of Records.parse(answer).records) {
        const name = Name.parse(record.fields['Name']);
        ids.set(name, record.id);
        names.set(record.id, name);
      }
    }
  }
  function idOf(name: string): string {
    const found = ids.get(name);
    if (found === undefined) throw new Error(`the run has put no record ${name} into the base`);
    return found;
  }

  return {
    id,
    tableIds,
    fieldNames: new Map(fields.map((field) => [field.id, field.name])),
    markerFieldId,
    marked: false,
    addTargets: (wanted) =>
      add(
        'Targets',
        wanted.map((Name) => ({ Name })),
      ),
    addItems: (items) =>
      add(
        'Items',
        items.map(({ name, cells }) => ({
          Name: name,
          ...cells,
          ...(cells.Targets && { Targets: cells.Targets.map(idOf) }),
        })),
      ),
    idOf,
    nameOf: (recordId) => names.get(recordId),
    async writeValue(name, value) {
      await call('PATCH', `/${id}/${tableIds.Items}`, {
        records: [{ id: idOf(name), fields: { Value: value } }],
      });
    },
    async deleteTarget(name) {
      await call('DELETE', `/${id}/${tableIds.Targets}?records[]=${idOf(name)}`);
    },
    async readItems() {
      const found: FoundItem[] = [];
      let offset: string | undefined;
      do {
        const more = offset === undefined ? '' : `&offset=${encodeURIComponent(offset)}`;
        const page = Records.parse(await call('GET', `/${id}/${tableIds.Items}?pageSize=100${more}`));
        for (const record of page.records)
          found.push({
            id: record.id,
            name: Name.parse(record.fields['Name']),
            cells: readCells(record.fields, (linked) => names.get(linked) ?? linked),
          });
        offset = page.offset;
      } while (offset !== undefined);
      return found;
    },
  };
}

/** The cells of an answer or a logged request, by name. */
export function readCells(
  fields: Readonly<Record<string, unknown>>,
  nameOf: (recordId: string) => string,
): ItemCells {
  const cells = Object.fromEntries(
    ITEM_FIELDS.flatMap((field) => {
      const value = fields[field];
      if (value === undefined || value === null || value === '') return [];
      if (!Array.isArray(value)) return [[field, value] as const];
      const linked: readonly unknown[] = value;
      return linked.length === 0 ? [] : [[field, linked.map((one) => nameOf(String(one)))] as const];
    }),
  );
  return Cells.parse(cells);
}

const Cells = z.object({
  Value: z.string().exactOptional(),
  Count: z.number().exactOptional(),
  Stage: z.string().exactOptional(),
  Targets: z.array(z.string()).exactOptional(),
});
