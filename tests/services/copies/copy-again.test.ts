import { createCopyWorld, type CopyWorld, type Json } from './copy-world';
import { makeSourceBase, type SourceBase } from './copied-base';

let world: CopyWorld;
let base: SourceBase;

beforeEach(async () => {
  world = await createCopyWorld();
  base = await makeSourceBase(world);
  await world.copy(base.baseId);
});
afterEach(() => world.close());

const path = (table: string, record = '') =>
  `/${base.baseId}/${base.table(table)}${record === '' ? '' : `/${record}`}`;
const record = (table: string, i: number) => base.records[table]?.[i] ?? '';
const schemaPath = (rest: string) => `/meta/bases/${base.baseId}/tables${rest}`;
const fieldsOf = async (at: 'source' | 'target', table: string, id: string) =>
  (await world.call(at, 'GET', path(table, id)))['fields'] as Json;

async function expectSame(): Promise<void> {
  expect(await world.dump('target', base.baseId)).toEqual(await world.dump('source', base.baseId));
}

it('brings new, changed and removed records, with their links', async () => {
  const created = await world.call('source', 'POST', path('Films'), {
    fields: { Title: 'New', Director: [record('Directors', 2)], Sequels: [record('Films', 1)] },
  });
  await world.call('source', 'PATCH', path('Films', record('Films', 0)), {
    fields: { Gross: 99, Seen: false, Director: [record('Directors', 0)], Genres: ['War'] },
  });
  await world.call('source', 'DELETE', path('Films', record('Films', 3)));
  const { counts } = await world.copy(base.baseId);
  expect(counts.tables[base.table('Films')]).toEqual({ created: 1, updated: 1, unchanged: 2, removed: 1 });
  expect(typeof created['id']).toBe('string');
  await expectSame();
});

it('brings changes of the schema: tables, fields, names that are exchanged, options', async () => {
  const [title, notes] = [base.field('Films', 'Title'), base.field('Films', 'Notes')];
  const films = base.table('Films');
  const rename = (id: string, name: string) =>
    world.call('source', 'PATCH', schemaPath(`/${films}/fields/${id}`), { name });
  await rename(title, 'For now');
  await rename(notes, 'Title');
  await rename(title, 'Notes');
  await world.call('source', 'PATCH', schemaPath(`/${films}`), {
    name: 'Pictures',
    description: 'All of them',
  });
  await world.call('source', 'POST', schemaPath(''), {
    name: 'Awards',
    fields: [
      { name: 'Name', type: 'singleLineText' },
      { name: 'Film', type: 'multipleRecordLinks', options: { linkedTableId: films } },
    ],
  });
  await world.call('source', 'POST', `/${base.baseId}/Awards`, {
    fields: { Name: 'Golden Lion', Film: [record('Films', 0)] },
  });
  await world.call('source', 'PATCH', path('Films', record('Films', 1)), {
    fields: { Rated: 'Unrated', Genres: ['Epic', 'War'] },
    typecast: true,
  });
  await world.copy(base.baseId);
  await expectSame();
});

it('leaves records that were made here, and changes made here to what did not change there', async () => {
  const mine = await world.call('target', 'POST', path('Films'), {
    fields: { Title: 'Made here', Director: [record('Directors', 0)] },
  });
  await world.call('target', 'PATCH', path('Films', record('Films', 1)), { fields: { Notes: 'noted here' } });
  await world.call('target', 'PATCH', path('Films', record('Films', 0)), { fields: { Phone: '1' } });
  await world.call('target', 'DELETE', path('Films', record('Films', 2)));
  await world.call('source', 'PATCH', path('Films', record('Films', 0)), {
    fields: { Title: 'Sans toit ni loi' },
  });
  await world.copy(base.baseId);

  expect(await fieldsOf('target', 'Films', String(mine['id']))).toMatchObject({
    Title: 'Made here',
    Director: [record('Directors', 0)],
  });
  expect(await fieldsOf('target', 'Films', record('Films', 1))).toMatchObject({ Notes: 'noted here' });
  expect(await fieldsOf('target', 'Films', record('Films', 0))).toMatchObject({
    Title: 'Sans toit ni loi',
    Phone: '1',
  });
  await expect(fieldsOf('target', 'Films', record('Films', 2))).rejects.toThrow('404');
  const linked = (await fieldsOf('target', 'Directors', record('Directors', 0)))['Films'];
  expect(linked).toEqual([record('Films', 0), mine['id']]);
});

it('joins links that changed on both sides, and keeps both ends in step', async () => {
  // There: the film goes from two directors to one and a third. Here: it has lost the first.
  await world.call('target', 'PATCH', path('Films', record('Films', 0)), {
    fields: { Director: [record('Directors', 0)] },
  });
  await world.call('source', 'PATCH', path('Films', record('Films', 0)), {
    fields: { Director: [record('Directors', 1), record('Directors', 2)] },
  });
  await world.copy(base.baseId);
  expect(await fieldsOf('target', 'Films', record('Films', 0))).toMatchObject({
    Director: [record('Directors', 2)],
  });
  const films = async (i: number) => (await fieldsOf('target', 'Directors', record('Directors', i)))['Films'];
  expect(await films(0)).toBeUndefined();
  expect(await films(1)).toEqual([record('Films', 1)]);
  expect(await films(2)).toEqual([record('Films', 0)]);
});

it('brings comments that are new, changed or gone, and leaves those made here', async () => {
  const comments = `${path('Films', record('Films', 0))}/comments`;
  const mine = await world.call('target', 'POST', comments, { text: 'Said here' });
  const { comments: there } = await world.call('source', 'GET', comments);
  const [second, first] = there as { id: string }[];
  await world.call('source', 'PATCH', `${comments}/${first?.id}`, { text: 'Said otherwise' });
  await world.call('source', 'DELETE', `${comments}/${second?.id}`);
  const added = await world.call('source', 'POST', comments, { text: 'Said later' });
  const { counts } = await world.copy(base.baseId);
  expect(counts.comments).toEqual({ created: 1, updated: 1, removed: 1 });
  const { comments: here } = await world.call('target', 'GET', comments);
  const texts = Object.fromEntries((here as { id: string; text: string }[]).map((c) => [c.id, c.text]));
  expect(texts).toEqual({
    [String(mine['id'])]: 'Said here',
    [String(first?.id)]: 'Said otherwise',
    [String(added['id'])]: 'Said later',
  });
});

it('gives a new table another name where something made here has it, and says so', async () => {
  const made = { name: 'Awards', fields: [{ name: 'Name', type: 'singleLineText' }] };
  await world.call('target', 'POST', schemaPath(''), made);
  const there = await world.call('source', 'POST', schemaPath(''), made);
  const { leftOut } = await world.copy(base.baseId);
  expect(leftOut).toContainEqual(
    expect.objectContaining({
      kind: 'table',
      id: there['id'],
      reason: expect.stringContaining('Awards 2') as string,
    }),
  );
});

it('keeps a field that the source has no more with its cells, and lists it', async () => {
  const gone = base.field('Films', 'Notes');
  const without = (all: Json) => Object.fromEntries(Object.entries(all).filter(([id]) => id !== gone));
  world.rewrite = (at, body) => {
    if (at.endsWith('/tables')) {
      const tables = (body['tables'] as { fields: Json[] }[]).map((table) => ({
        ...table,
        fields: table.fields.filter((field) => field['id'] !== gone),
      }));
      return { tables };
    }
    const records = body['records'] as { fields: Json }[] | undefined;
    return records ? { ...body, records: records.map((r) => ({ ...r, fields: without(r.fields) })) } : body;
  };
  const { leftOut, counts } = await world.copy(base.baseId);
  expect(leftOut).toContainEqual(expect.objectContaining({ kind: 'field', id: gone }));
  expect(counts.tables[base.table('Films')]).toMatchObject({ updated: 0, unchanged: 4 });
  const { Notes } = await fieldsOf('target', 'Films', record('Films', 0));
  expect(Notes).toContain('First line');
});

it('keeps what the source shows no more, and lists it', async () => {
  const gone = base.table('Directors');
  world.rewrite = (at, body) =>
    at.endsWith('/tables') ? { tables: (body['tables'] as Json[]).filter((t) => t['id'] !== gone) } : body;
  const { leftOut } = await world.copy(base.baseId);
  expect(leftOut).toContainEqual(expect.objectContaining({ kind: 'table', id: gone }));
  expect(await fieldsOf('target', 'Directors', record('Directors', 0))).toMatchObject({
    Name: 'Agnes Varda',
  });
});
