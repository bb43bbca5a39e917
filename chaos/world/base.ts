import { z } from 'zod';
import { describeFile, fileOf } from '../plan/files';
import { STAGES } from '../plan/plan-edit';
import type { ItemCells, ItemField, SeededItem } from '../plan/shapes';
import { ask, askOnce, askWell, type Asked } from './ask';

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

const Attachments = z.array(z.object({ filename: z.string(), url: z.string() })).default([]);

/** A record of Items as it is in the base. Links are names where the linked record has one, else ids. */
export interface FoundItem {
  readonly id: string;
  readonly name: string;
  readonly cells: ItemCells;
  /** What is attached to it, each by its name, its size and its bytes. */
  readonly files: readonly string[];
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
  /** Puts records into the base that an edit is about, with their files, each once. */
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
  const asked = (method: Asked['method'], path: string, body?: unknown): Asked => ({
    method,
    url: `${url}/v0${path}`,
    token,
    ...(body === undefined ? {} : { body }),
  });
  const call = (method: Asked['method'], path: string, body?: unknown) => askWell(asked(method, path, body));
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
          { name: 'Files', type: 'multipleAttachments' },
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
  // Asked a second time, where the first had no answer, it is refused: the field is there.
  await ask(
    asked('POST', `/meta/bases/${id}/tables/${tableIds.Items}/fields`, {
      name: 'Targets',
      type: 'multipleRecordLinks',
      options: { linkedTableId: tableIds.Targets },
    }),
  );
  const second = await readSchema();
  const fields = second.flatMap((table) => table.fields);
  const itemField = (name: string) => {
    const field = second
      .find((table) => table.id === tableIds.Items)
      ?.fields.find((one) => one.name === name);
    if (!field) throw new Error(`the base was made without its field ${name}`);
    return field.id;
  };
  const markerFieldId = itemField('Marker');
  itemField('Targets');
  const ids = new Map<string, string>();
  const names = new Map<string, string>();

  async function add(
    table: 'Items' | 'Targets',
    records: ReadonlyArray<Record<string, unknown>>,
  ): Promise<void> {
    for (let at = 0; at < records.length; at += BATCH) {
      let missing = records.slice(at, at + BATCH);
      while (missing.length > 0) {
        const body = { records: missing.map((f) => ({ fields: f })) };
        const made = await askOnce(asked('POST', `/${id}/${tableIds[table]}`, body));
        // Without an answer they may be there all the same.
        const there = made === null ? await find(table, missing) : Records.parse(made).records;
        for (const record of there) {
          const name = Name.parse(record.fields['Name']);
          ids.set(name, record.id);
          names.set(record.id, name);
        }
        missing = missing.filter((f) => !ids.has(Name.parse(f['Name'])));
      }
    }
  }
  async function find(table: 'Items' | 'Targets', records: ReadonlyArray<Record<string, unknown>>) {
    const named = records.map((f) => `{Name}='${Name.parse(f['Name'])}'`).join(',');
    const query = `filterByFormula=${encodeURIComponent(`OR(${named})`)}`;
    return Records.parse(await call('GET', `/${id}/${tableIds[table]}?${query}`)).records;
  }
  async function attach(recordId: string, filename: string): Promise<void> {
    const path = `/${id}/${recordId}/Files/uploadAttachment`;
    const body = { filename, contentType: 'text/plain', file: fileOf(filename).toString('base64') };
    const isThere = async () => {
      const record = z
        .object({ fields: z.object({ Files: Attachments }) })
        .parse(await call('GET', `/${id}/${tableIds.Items}/${recordId}`));
      return record.fields.Files.some((file) => file.filename === filename);
    };
    while ((await askOnce(asked('POST', path, body))) === null) if (await isThere()) return;
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
    async addItems(items) {
      await add(
        'Items',
        items.map(({ name, cells }) => ({
          Name: name,
          ...cells,
          ...(cells.Targets && { Targets: cells.Targets.map(idOf) }),
        })),
      );
      for (const { name, files } of items) for (const file of files) await attach(idOf(name), file);
    },
    idOf,
    nameOf: (recordId) => names.get(recordId),
    async writeValue(name, value) {
      await call('PATCH', `/${id}/${tableIds.Items}`, {
        records: [{ id: idOf(name), fields: { Value: value } }],
      });
    },
    async deleteTarget(name) {
      // Asked a second time, where the first had no answer, it is refused: the record is gone.
      await ask(asked('DELETE', `/${id}/${tableIds.Targets}?records[]=${idOf(name)}`));
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
            files: await readFiles(record.fields['Files']),
          });
        offset = page.offset;
      } while (offset !== undefined);
      return found;
    },
  };
}

/** What a cell holds by the bytes that its addresses give. */
async function readFiles(cell: unknown): Promise<string[]> {
  const files: string[] = [];
  for (const { filename, url } of Attachments.parse(cell)) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${filename}: ${answer.status} instead of its bytes`);
    files.push(describeFile(filename, Buffer.from(await answer.arrayBuffer())));
  }
  return files;
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
