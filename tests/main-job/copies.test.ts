import { createHash } from 'node:crypto';
import { TestApi, type Body } from '../support/api';
import { pollUntil } from '../support/poll';
import { startStack, type Stack } from '../support/stack';

let source: Stack;
let target: Stack;
let theirs: TestApi;
let ours: TestApi;
let baseId: string;
let extras: string;
let connectionId: string;

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

interface FieldOf {
  readonly id: string;
  readonly name: string;
}
interface TableOf {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly FieldOf[];
}

/** A table of every kind of cell that a copy has to bring, with one full record, an attachment and comments. */
async function addExtras(): Promise<string> {
  const { body: table } = await theirs.post(`/v0/meta/bases/${baseId}/tables`, {
    name: 'Extras',
    fields: [
      { name: 'Name', type: 'singleLineText' },
      { name: 'When', type: 'dateTime', options: DATE_TIME },
      { name: 'Share', type: 'percent', options: { precision: 1 } },
      { name: 'Price', type: 'currency', options: { precision: 2, symbol: '€' } },
      { name: 'Length', type: 'duration', options: { durationFormat: 'h:mm:ss' } },
      { name: 'Stars', type: 'rating', options: { max: 5, icon: 'star', color: 'yellowBright' } },
      { name: 'Tags', type: 'multipleSelects', options: { choices: [{ name: 'a' }, { name: 'b' }] } },
      { name: 'Owner', type: 'singleCollaborator' },
      { name: 'Code', type: 'barcode' },
      { name: 'Files', type: 'multipleAttachments' },
      {
        name: 'Film',
        type: 'multipleRecordLinks',
        options: { linkedTableId: await tableId(theirs, 'Films') },
      },
      { name: 'No', type: 'autoNumber' },
      { name: 'Made', type: 'createdTime' },
    ],
  });
  const id = String(table['id']);
  const me = await theirs.get('/v0/meta/whoami');
  const [film] = (await theirs.records(baseId, 'Films')).keys();
  const {
    body: record,
    status,
    text,
  } = await theirs.post(`/v0/${baseId}/${id}`, {
    fields: {
      Name: 'Everything',
      When: '2026-02-03T04:05:06.000Z',
      Share: 0.125,
      Price: 12.5,
      Length: 3661,
      Stars: 4,
      Tags: ['b', 'a'],
      Owner: { id: String(me.body['id']) },
      Code: { text: '4006381333931' },
      Film: [film],
    },
  });
  if (status !== 200) throw new Error(text);
  const file = { contentType: 'image/png', file: PIXEL, filename: 'pixel.png' };
  await theirs.post(`/v0/${baseId}/${String(record['id'])}/Files/uploadAttachment`, file);
  const comments = `/v0/${baseId}/${id}/${String(record['id'])}/comments`;
  await theirs.post(comments, { text: `for @[${String(me.body['id'])}]` });
  await theirs.post(comments, { text: 'and another' });
  return id;
}

const DATE_TIME = {
  dateFormat: { name: 'iso' },
  timeFormat: { name: '24hour' },
  timeZone: 'Europe/Berlin',
};

async function tablesOf(api: TestApi): Promise<readonly TableOf[]> {
  const { body } = await api.get(`/v0/meta/bases/${baseId}/tables`);
  return body['tables'] as readonly TableOf[];
}

async function tableId(api: TestApi, name: string): Promise<string> {
  const found = (await tablesOf(api)).find((table) => table.name === name);
  if (!found) throw new Error(`no table ${name}`);
  return found.id;
}

/** Cells with what differs from host to host taken out: addresses of files, whose bytes are compared by themselves. */
function comparable(cells: Body): Body {
  const text = JSON.stringify(cells, (key, value: unknown) =>
    key === 'url' || key === 'thumbnails' ? undefined : value,
  );
  return JSON.parse(text) as Body;
}

async function everything(api: TestApi): Promise<Record<string, Record<string, Body>>> {
  const found: Record<string, Record<string, Body>> = {};
  for (const table of await tablesOf(api)) {
    const records = await api.records(baseId, table.id);
    found[table.id] = Object.fromEntries([...records].map(([id, cells]) => [id, comparable(cells)]));
  }
  return found;
}

async function firstFile(api: TestApi): Promise<string> {
  const [cells] = (await api.records(baseId, extras)).values();
  const [file] = cells?.['Files'] as readonly { url: string }[];
  const bytes = await (await fetch(file?.url ?? '')).arrayBuffer();
  return createHash('sha256').update(Buffer.from(bytes)).digest('hex');
}

const copy = () => ours.run(`/v1/workspaces/${target.sample.workspaceId}/copies`, { connectionId, baseId });

beforeAll(async () => {
  source = await startStack();
  const host = new URL(source.apiUrl).host;
  target = await startStack({ AIRTABLE_HOSTS: host, FETCH_HOSTS: host });
  theirs = new TestApi(source.apiUrl, source.sample.token);
  ours = new TestApi(target.apiUrl, target.sample.token);
  baseId = source.sample.baseId;
  extras = await addExtras();
  const made = await ours.post(`/v1/workspaces/${target.sample.workspaceId}/connections`, {
    name: 'The other engine',
    url: source.apiUrl,
    token: source.sample.token,
  });
  connectionId = String(made.body['id']);
}, 180_000);
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

describe('a base of 3,926 records, copied from another engine', () => {
  it('comes whole with the same ids, although the worker is killed on the way', async () => {
    const started = await ours.post(
      `/v1/workspaces/${target.sample.workspaceId}/copies`,
      { connectionId, baseId },
      { prefer: 'wait=0' },
    );
    expect(started.status).toBe(202);
    const copied = async () =>
      Number(
        (
          await target.database.admin.query<{ n: string }>(
            `SELECT count(*) AS n FROM engine_records WHERE base_id = '${baseId}'`,
          )
        ).rows[0]?.n,
      );
    await pollUntil('a thousand records are there', async () => (await copied()) >= 1_000, 60_000);
    await target.killWorker();
    await target.startWorker();
    const ended = await ours.ended(String(started.body['id']), 180_000);
    expect(ended['error']).toBeNull();
    expect(ended).toMatchObject({ status: 'done', result: { first: true, problems: 0 } });

    const schema = await tablesOf(ours);
    expect(schema).toEqual(await tablesOf(theirs));
    const [here, there] = [await everything(ours), await everything(theirs)];
    expect(Object.values(there).reduce((sum, table) => sum + Object.keys(table).length, 0)).toBe(3_926);
    expect(here).toEqual(there);
    expect(await firstFile(ours)).toBe(await firstFile(theirs));
    const [recordId] = Object.keys(there[extras] ?? {});
    const comments = async (api: TestApi) =>
      (await api.get(`/v0/${baseId}/${extras}/${recordId ?? ''}/comments`)).body;
    expect(await comments(ours)).toEqual(await comments(theirs));
    expect((await comments(ours))['comments']).toHaveLength(2);
  }, 300_000);

  it('brings what has changed, and only that, when it is run again', async () => {
    const films = await theirs.records(baseId, 'Films');
    const [first, second] = [...films.keys()];
    await theirs.request('PATCH', `/v0/${baseId}/Films/${first ?? ''}`, {
      fields: { Title: 'Renamed there' },
    });
    await theirs.request('DELETE', `/v0/${baseId}/Films/${second ?? ''}`);
    await theirs.post(`/v0/${baseId}/Films`, { fields: { Title: 'New there' } });
    const made = await ours.post(`/v0/${baseId}/Films`, { fields: { Title: 'Made here' } });
    const again = await copy();
    expect(again).toMatchObject({
      status: 'done',
      result: {
        first: false,
        counts: {
          tables: {
            [await tableId(ours, 'Films')]: { created: 1, updated: 1, removed: 1, unchanged: 3_199 },
          },
        },
      },
    });
    const here = await ours.records(baseId, 'Films');
    const mine = String(made.body['id']);
    expect(here.get(mine)).toMatchObject({ Title: 'Made here' });
    here.delete(mine);
    expect(Object.fromEntries(here)).toEqual(Object.fromEntries(await theirs.records(baseId, 'Films')));
  }, 180_000);

  it('is what an edit of that base changes, and the edit says so', async () => {
    const { workspaceId } = target.sample;
    const edit = await ours.propose(workspaceId, {
      baseId,
      rules: [{ kind: 'set', table: 'Films', where: '{Title} = "New there"', cells: { Title: 'Edited' } }],
    });
    expect(edit['warnings']).toContainEqual(expect.stringContaining(`not the original at ${source.apiUrl}`));
    const listed = await ours.get(`/v1/workspaces/${workspaceId}/copies?limit=1`);
    expect(listed.body).toMatchObject({ copies: [{ baseId, state: 'done', first: false }] });
    const next = String(listed.body['nextCursor']);
    const older = await ours.get(`/v1/workspaces/${workspaceId}/copies?limit=1&cursor=${next}`);
    expect(older.body).toMatchObject({ copies: [{ baseId, state: 'done', first: true }] });
  }, 60_000);

  it('is refused for a base of this engine, which stays as it is', async () => {
    const { workspaceId, baseId: own } = target.sample;
    const { body } = await ours.get(`/v1/workspaces/${workspaceId}/connections`);
    const engine = (body['connections'] as readonly Body[]).find(
      (connection) => connection['kind'] === 'engine',
    );
    const refused = await ours.post(`/v1/workspaces/${workspaceId}/copies`, {
      connectionId: engine?.['id'],
      baseId: own,
    });
    expect(refused).toMatchObject({ status: 409, body: { code: 'copy_onto_itself' } });
    expect(await ours.records(own, 'Films')).toHaveProperty('size', 3_201);
  }, 60_000);
});
