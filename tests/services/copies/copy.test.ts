import { z } from 'zod';
import { createCopyWorld, type CopyWorld, type Json } from './copy-world';
import { makeSourceBase, type SourceBase } from './copied-base';

const Dump = z.object({
  schema: z.object({
    tables: z.array(
      z.object({
        id: z.string(),
        primaryFieldId: z.string(),
        fields: z.array(z.object({ id: z.string(), type: z.string() })),
      }),
    ),
  }),
  tables: z.record(z.string(), z.array(z.object({ fields: z.record(z.string(), z.unknown()) }))),
});

let world: CopyWorld;
let base: SourceBase;

beforeAll(async () => {
  world = await createCopyWorld();
  base = await makeSourceBase(world);
});
afterAll(() => world.close());
afterEach(() => {
  world.intercept = undefined;
  world.rewrite = undefined;
});

const dumps = async (baseId: string) => [
  await world.dump('target', baseId),
  await world.dump('source', baseId),
];

describe('a copy', () => {
  it('is the source cell by cell: ids, schema, records, links in order, comments, people', async () => {
    const report = await world.copy(base.baseId);
    expect(report).toMatchObject({ state: 'done', first: true, baseName: 'Films', problemCount: 0 });
    const [here, there] = await dumps(base.baseId);
    expect(here).toEqual(there);
  });

  it('has the bytes of attachments, and people who are no members', async () => {
    const film = `/${base.baseId}/${base.table('Films')}/${base.records['Films']?.[0]}`;
    const { fields } = await world.call('target', 'GET', film);
    const [file] = (fields as Json)['Files'] as { url: string; filename: string }[];
    expect(file?.filename).toBe('scene.txt');
    const bytes = await fetch(file?.url ?? '', { headers: { 'x-test': '1' } });
    expect(await bytes.text()).toBe('Interior. Day.');
    const owner = { id: world.source.userId, name: 'Ada' };
    expect((fields as Json)['Owner']).toMatchObject(owner);
    const { rows } = await world.database.admin.query(
      'SELECT member FROM engine_people WHERE workspace_id = $1 AND id = $2',
      [world.target.workspaceId, owner.id],
    );
    expect(rows).toEqual([{ member: false }]);
  });

  it('numbers on from the source’s highest', async () => {
    const path = `/${base.baseId}/${base.table('Directors')}`;
    const made = await world.call('target', 'POST', path, { fields: { Name: 'Made here' } });
    expect((made['fields'] as Json)['Number']).toBe(4);
    await world.call('target', 'DELETE', `${path}/${String(made['id'])}`);
  });

  it('that is made again writes nothing when nothing has changed', async () => {
    const versions = () =>
      world.database.admin.query(
        `SELECT id, xmin::text FROM engine_records WHERE workspace_id = $1 UNION ALL
         SELECT id, xmin::text FROM engine_fields WHERE workspace_id = $1 UNION ALL
         SELECT id, xmin::text FROM engine_comments WHERE workspace_id = $1 UNION ALL
         SELECT id, xmin::text FROM engine_attachments WHERE workspace_id = $1 ORDER BY 1`,
        [world.target.workspaceId],
      );
    const before = (await versions()).rows;
    const report = await world.copy(base.baseId);
    expect((await versions()).rows).toEqual(before);
    expect(report).toMatchObject({ state: 'done', first: false });
    const total = { created: 0, updated: 0, removed: 0 };
    expect(report.counts.tables).toEqual({
      [base.table('Directors')]: { ...total, unchanged: 3 },
      [base.table('Films')]: { ...total, unchanged: 4 },
    });
    expect(report.counts).toMatchObject({
      attachments: { copied: 0, failed: 0 },
      comments: { created: 0, updated: 0, removed: 0 },
    });
  });

  it('lists what cannot come, with reasons', async () => {
    const { leftOut } = await world.copy(base.baseId);
    const kinds = leftOut.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['automations', 'interfaces', 'viewSettings']));
    expect(leftOut.every(({ reason }) => reason.length > 10)).toBe(true);
  });
});

describe('a copy of a base with fields that the engine cannot have', () => {
  const PRIMARY = 'fldPrimary0000000';
  const FORMULA = 'fldFormula0000000';
  const LOOKUP = 'fldLookup00000000';

  /** The source as if its Directors had a formula as the primary field, and Films a formula and a lookup of that. */
  function pretend(path: string, body: Json): Json {
    const directors = base.table('Directors');
    if (/\/meta\/bases\/[^/]+\/tables$/.test(path)) {
      const tables = (body['tables'] as Json[]).map((table) => {
        const fields = table['fields'] as Json[];
        if (table['id'] !== directors) return table;
        const result = { type: 'number', options: { precision: 1 } };
        const formula = { id: PRIMARY, name: 'Label', type: 'formula', options: { formula: '1/2', result } };
        const other = { id: FORMULA, name: 'Computed', type: 'rollup', options: {} };
        const link = fields.find((f) => f['type'] === 'multipleRecordLinks');
        const lookup = {
          id: LOOKUP,
          name: 'Looked up',
          type: 'multipleLookupValues',
          options: {
            recordLinkFieldId: link?.['id'],
            fieldIdInLinkedTable: 'fldNowhere0000000',
            result: null,
          },
        };
        return { ...table, primaryFieldId: PRIMARY, fields: [formula, ...fields, other, lookup] };
      });
      return { tables };
    }
    if (!path.endsWith(directors)) return body;
    const records = (body['records'] as { fields: Json }[]).map((record) => ({
      ...record,
      fields: { ...record.fields, [PRIMARY]: 0.5, [FORMULA]: 'x', [LOOKUP]: ['y'] },
    }));
    return { ...body, records };
  }

  it('leaves them out and lists them; a primary field comes as text', async () => {
    const other = await createCopyWorld();
    try {
      base = await makeSourceBase(other);
      other.rewrite = pretend;
      const { leftOut } = await other.copy(base.baseId);
      expect(leftOut.filter(({ kind }) => kind === 'field')).toEqual([
        expect.objectContaining({ id: PRIMARY, reason: expect.stringContaining('came as text') as string }),
        expect.objectContaining({ id: FORMULA, reason: expect.stringContaining('rollup') as string }),
        expect.objectContaining({ id: LOOKUP, reason: expect.stringContaining('looks up') as string }),
      ]);
      const dump = Dump.parse(await other.dump('target', base.baseId));
      const directors = dump.schema.tables.find((t) => t.id === base.table('Directors'));
      expect(directors?.primaryFieldId).toBe(PRIMARY);
      expect(directors?.fields[0]).toMatchObject({ id: PRIMARY, type: 'singleLineText' });
      expect(directors?.fields.map((f) => f.id)).not.toContain(FORMULA);
      expect(dump.tables[base.table('Directors')]?.map((r) => r.fields[PRIMARY])).toEqual([
        '0.5',
        '0.5',
        '0.5',
      ]);
    } finally {
      await other.close();
    }
  });
});
