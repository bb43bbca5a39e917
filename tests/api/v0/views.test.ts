import Airtable from 'airtable';
import { startEngineServer, type EngineServer } from './engine-server';

interface View {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly visibleFieldIds?: string[];
}

let s: EngineServer;
beforeAll(async () => {
  s = await startEngineServer();
  const films = [
    { Title: 'Alien', Gross: 104.9, Rating: 'R', Seen: true },
    { Title: 'Brazil', Gross: 9.9, Rating: 'R' },
    { Title: 'Cars', Gross: 462, Rating: 'PG' },
    { Title: 'Dune', Gross: 402, Rating: 'PG', Seen: true },
    { Title: 'Elf', Gross: 223.3, Rating: 'PG' },
  ];
  await s.call('POST', `/${s.base.id}/Films`, { records: films.map((fields) => ({ fields })) });
});
afterAll(async () => {
  await s.close();
  expect(s.reported).toEqual([]);
});

const error = (type: string) => ({ error: { type, message: expect.any(String) as string } });
const meta = () => `/meta/bases/${s.base.id}`;
let made = 0;
/** A view of a name of its own unless one is given. */
const create = (body: Record<string, unknown>) =>
  s.call('POST', `${meta()}/tables/${s.table('Films')}/views`, {
    name: `View ${++made}`,
    type: 'grid',
    ...body,
  });
async function newView(body: Record<string, unknown>): Promise<View> {
  const answer = await create(body);
  expect(answer.status).toBe(200);
  return answer.body as View;
}
async function titles(query: string): Promise<unknown[]> {
  const { body } = await s.call('GET', `/${s.base.id}/Films?${query}`);
  return (body as { records: { fields: { Title?: string } }[] }).records.map(({ fields }) => fields.Title);
}

describe('listing by a view', () => {
  test('applies its filter and its order', async () => {
    const view = await newView({
      filterByFormula: "{Rating} = 'PG'",
      sort: [{ field: 'Gross', direction: 'desc' }],
    });
    expect(await titles(`view=${view.id}`)).toEqual(['Cars', 'Dune', 'Elf']);
    expect(await titles(`view=${encodeURIComponent(view.name)}`)).toEqual(['Cars', 'Dune', 'Elf']);
    expect(await titles('')).toEqual(['Alien', 'Brazil', 'Cars', 'Dune', 'Elf']);
    const base = new Airtable({ apiKey: 'full', endpointUrl: s.url }).base(s.base.id);
    const pages: unknown[][] = [];
    await base('Films')
      .select({ view: view.id, pageSize: 2 })
      .eachPage((records, next) => {
        pages.push(records.map((record) => record.get('Title')));
        next();
      });
    expect(pages).toEqual([['Cars', 'Dune'], ['Elf']]);
  });

  test('a request’s filter comes on top, and its sort instead', async () => {
    const view = await newView({
      filterByFormula: "{Rating} = 'PG'",
      sort: [{ field: 'Gross', direction: 'desc' }],
    });
    const seen = encodeURIComponent('{Seen}');
    expect(await titles(`view=${view.id}&filterByFormula=${seen}`)).toEqual(['Dune']);
    expect(await titles(`view=${view.id}&sort[0][field]=Title&sort[0][direction]=desc`)).toEqual([
      'Elf',
      'Dune',
      'Cars',
    ]);
    // Text, which keeps a row like any other filter does, and one that only ends well inside of another.
    expect(await titles(`view=${view.id}&filterByFormula=${encodeURIComponent('{Title}')}`)).toHaveLength(3);
    const breakingOut = encodeURIComponent('TRUE()) = OR(TRUE()');
    expect(await s.call('GET', `/${s.base.id}/Films?view=${view.id}&filterByFormula=${breakingOut}`)).toEqual(
      { status: 422, body: error('INVALID_FILTER_BY_FORMULA') },
    );
  });

  test('hidden fields are in the records all the same', async () => {
    const view = await newView({ visibleFieldIds: ['Rating'] });
    const { body } = await s.call('GET', `/${s.base.id}/Films?view=${view.id}&maxRecords=1`);
    expect(body).toMatchObject({ records: [{ fields: { Title: 'Alien', Gross: 104.9, Seen: true } }] });
  });

  test('a view follows its fields when they are renamed', async () => {
    const view = await newView({
      filterByFormula: 'AND({Gross} > 100, LEN({Notes} & "x") = 1 + 1 - 1)',
      sort: [{ field: 'Gross' }],
    });
    const field = `${meta()}/tables/${s.table('Films')}/fields/${s.field('Films', 'Gross')}`;
    await s.call('PATCH', field, { name: 'Gross } {Notes}' });
    expect(await titles(`view=${view.id}`)).toEqual(['Alien', 'Elf', 'Dune', 'Cars']);
    await s.call('PATCH', field, { name: 'Gross' });
  });

  test('an unknown view', async () => {
    const body = error('VIEW_NAME_NOT_FOUND');
    expect(await s.call('GET', `/${s.base.id}/Films?view=Nope`)).toEqual({ status: 422, body });
    expect(await s.call('GET', `/${s.base.id}/Directors?view=${(await newView({})).id}`)).toEqual({
      status: 422,
      body,
    });
  });
});

describe('views of a base', () => {
  test('are listed, read one by one and with the fields that they show', async () => {
    const gross = s.field('Films', 'Gross');
    const title = s.field('Films', 'Title');
    const view = await newView({ name: 'Money', visibleFieldIds: ['Gross'], sort: [{ field: 'Gross' }] });
    const kanban = await newView({ type: 'kanban' });
    const { body: all } = await s.call('GET', `${meta()}/views`);
    const { views } = all as { views: View[] };
    expect(views.slice(0, 2).map(({ name }) => name)).toEqual(['Grid view', 'Grid view']);
    expect(views).toContainEqual({ id: view.id, name: 'Money', type: 'grid' });
    expect(await s.call('GET', `${meta()}/views/${view.id}?include[]=visibleFieldIds`)).toEqual({
      status: 200,
      body: { id: view.id, name: 'Money', type: 'grid', visibleFieldIds: [title, gross] },
    });
    const { body: schema } = await s.call('GET', `${meta()}/tables?include[]=visibleFieldIds`);
    const films = (
      schema as { tables: { name: string; fields: { id: string }[]; views: View[] }[] }
    ).tables.find((table) => table.name === 'Films');
    expect(films?.views[0]).toMatchObject({ visibleFieldIds: films?.fields.map(({ id }) => id) });
    expect(films?.views).toContainEqual({ ...view, visibleFieldIds: [title, gross] });
    expect(films?.views).toContainEqual({ id: kanban.id, name: kanban.name, type: 'kanban' });
    const { body: plain } = await s.call('GET', `${meta()}/tables`);
    expect(JSON.stringify(plain)).not.toMatch(/visibleFieldIds|personalForUserId|filter|"sort"/);
  });

  test('somebody’s own view says whose it is', async () => {
    const view = await newView({});
    await s.database.admin.query("UPDATE engine_views SET personal_for_user_id = 'usr_x' WHERE id = $1", [
      view.id,
    ]);
    await s.database.admin.query('UPDATE engine_bases SET schema_version = gen_random_uuid()');
    const expected = { id: view.id, name: view.name, type: 'grid', personalForUserId: 'usr_x' };
    expect((await s.call('GET', `${meta()}/views/${view.id}`)).body).toEqual(expected);
    expect(JSON.stringify((await s.call('GET', `${meta()}/tables`)).body)).toContain(
      JSON.stringify(expected),
    );
  });

  test('can be deleted but for a table’s last', async () => {
    const view = await newView({});
    expect((await s.call('DELETE', `${meta()}/views/${view.id}`, undefined, 'reader')).status).toBe(403);
    expect(await s.call('DELETE', `${meta()}/views/${view.id}`)).toEqual({
      status: 200,
      body: { id: view.id, deleted: true },
    });
    expect((await s.call('GET', `${meta()}/views/${view.id}`)).status).toBe(403);
    expect((await s.call('DELETE', `${meta()}/views/${view.id}`)).status).toBe(403);
    expect((await s.call('GET', `${meta()}/views/viw%00`)).status).toBe(403);
    const { body } = await s.call('GET', `${meta()}/views`);
    const [first] = (body as { views: View[] }).views;
    expect((await s.call('DELETE', `${meta()}/views/${first?.id}`)).status).toBe(422);
  });

  const bad: [Record<string, unknown>, string][] = [
    [{ name: 'GRID view' }, 'INVALID_REQUEST_UNKNOWN'],
    [{ name: ' ' }, 'INVALID_REQUEST_UNKNOWN'],
    [{ type: 'map' }, 'INVALID_REQUEST_UNKNOWN'],
    [{ filter: 'x' }, 'INVALID_REQUEST_UNKNOWN'],
    [{ filterByFormula: '(' }, 'INVALID_FILTER_BY_FORMULA'],
    [{ filterByFormula: '{Nope} = 1' }, 'INVALID_FILTER_BY_FORMULA'],
    [{ filterByFormula: '"\ud83d"' }, 'INVALID_REQUEST_UNKNOWN'],
    [{ filterByFormula: `"${'x'.repeat(10_000)}"` }, 'INVALID_REQUEST_UNKNOWN'],
    [{ sort: [{ field: 'Nope' }] }, 'UNKNOWN_FIELD_NAME'],
    [{ sort: [{ field: 'Title', direction: 'up' }] }, 'INVALID_REQUEST_UNKNOWN'],
    [{ visibleFieldIds: ['fldAAAAAAAAAAAAAA'] }, 'UNKNOWN_FIELD_NAME'],
  ];
  test.each(bad)('a view like %j is refused', async (body, type) => {
    const before = (await s.call('GET', `${meta()}/views`)).body;
    expect(await create(body)).toEqual({ status: 422, body: error(type) });
    expect((await s.call('GET', `${meta()}/views`)).body).toEqual(before);
  });

  test('a filter of a long chain is kept', async () => {
    const view = await newView({ filterByFormula: `0${'+1'.repeat(2_000)} = 2000` });
    expect(await titles(`view=${view.id}`)).toHaveLength(5);
  });
});

describe('bases', () => {
  test('a thousand a page', async () => {
    await s.database.admin.query(
      `INSERT INTO engine_bases (workspace_id, id, name, created_at)
       SELECT $1, 'app' || lpad(n::text, 14, '0'), 'Base ' || n, timestamptz '2026-04-01' + n / 2 * interval '1 microsecond'
       FROM generate_series(1, 2100) n`,
      [s.otherWorkspaceId],
    );
    const ids: string[] = [];
    const sizes: number[] = [];
    let offset: string | undefined = '';
    while (offset !== undefined) {
      const { body } = await s.call(
        'GET',
        `/meta/bases${offset && `?offset=${offset}`}`,
        undefined,
        'stranger',
      );
      const page = body as { bases: { id: string }[]; offset?: string };
      ids.push(...page.bases.map(({ id }) => id));
      sizes.push(page.bases.length);
      offset = page.offset;
    }
    expect(sizes).toEqual([1_000, 1_000, 100]);
    expect(new Set(ids).size).toBe(2_100);
    expect(ids).toEqual([...ids].sort());
    expect((await s.call('GET', '/meta/bases?offset=x')).status).toBe(422);
  });

  test('a base is deleted with all it holds, its log aside', async () => {
    const tables = [{ name: 'T', fields: [{ name: 'Name', type: 'singleLineText' }] }];
    const created = await s.call('POST', '/meta/bases', {
      name: 'Short',
      workspaceId: s.workspaceId,
      tables,
    });
    const { id } = created.body as { id: string };
    const { body: record } = await s.call('POST', `/${id}/T`, { fields: { Name: 'x' } });
    await s.call('POST', `/${id}/T/${(record as { id: string }).id}/comments`, { text: 'y' });
    expect((await s.call('DELETE', `/meta/bases/${id}`, undefined, 'reader')).status).toBe(403);
    expect((await s.call('DELETE', `/meta/bases/${id}`, undefined, 'stranger')).status).toBe(403);
    expect(await s.call('DELETE', `/meta/bases/${id}`)).toEqual({ status: 200, body: { id, deleted: true } });
    expect((await s.call('GET', `/${id}/T`)).status).toBe(403);
    expect((await s.call('DELETE', `/meta/bases/${id}`)).status).toBe(403);
    const { rows } = await s.database.admin.query('SELECT method FROM engine_requests WHERE base_id = $1', [
      id,
    ]);
    expect(rows).toHaveLength(4);
  });
});

test('the token’s user has an e-mail address for who may see it', async () => {
  await s.database.admin.query(
    "INSERT INTO engine_people (workspace_id, id, email, name, member) VALUES ($1, 'usr_test', 't@example.org', 'T', true)",
    [s.workspaceId],
  );
  expect((await s.call('GET', '/meta/whoami')).body).toMatchObject({
    id: 'usr_test',
    email: 't@example.org',
  });
  expect((await s.call('GET', '/meta/whoami', undefined, 'reader')).body).not.toHaveProperty('email');
});
