import type { Tx } from '../../../services/database/database';
import { createEngine, type Engine } from '../../../services/engine/engine';
import { pollUntil } from '../../support/poll';
import { NOW } from '../../services/engine/engine-fixture';
import { startEngineServer, type EngineServer } from './engine-server';

/** The server goes by the schema that it read last; this engine, of another process, changes it behind its back. */
let s: EngineServer;
let other: Engine;
beforeAll(async () => {
  s = await startEngineServer();
  other = createEngine({ clock: { now: () => NOW }, links: { urlOf: () => 'https://files.invalid/' } });
});
afterAll(async () => {
  await s.close();
  expect(s.reported).toEqual([]);
});

const films = () => `/${s.base.id}/Films`;
const elsewhere = <T>(work: (tx: Tx) => Promise<T>) => s.run(work);
const addField = (tx: Tx, name: string) =>
  other.createField(tx, s.workspaceId, s.base.id, s.table('Films'), { name, type: 'singleLineText' });
const create = (fields: Record<string, unknown>) => s.call('POST', films(), { fields });

beforeEach(async () => {
  expect((await create({ Title: 'Ran' })).status).toBe(200);
});

test('a field that came to be elsewhere can be written, listed and filtered by at once', async () => {
  await elsewhere((tx) => addField(tx, 'Country'));
  expect(await create({ Title: 'Ikiru', Country: 'Japan' })).toMatchObject({
    status: 200,
    body: { fields: { Title: 'Ikiru', Country: 'Japan' } },
  });
  await elsewhere((tx) => addField(tx, 'Language'));
  const query = new URLSearchParams({ filterByFormula: "AND({Language} = '', {Country} = 'Japan')" });
  expect(await s.call('GET', `${films()}?${query.toString()}`)).toMatchObject({
    status: 200,
    body: { records: [{ fields: { Title: 'Ikiru', Country: 'Japan' } }] },
  });
});

test('a name that was taken away elsewhere is refused at once, and nothing of it is in the log', async () => {
  const field = await elsewhere((tx) => addField(tx, 'Brief'));
  expect((await create({ Brief: 'x' })).status).toBe(200);
  const logged = async () =>
    (await s.database.admin.query<{ n: number }>('SELECT count(*)::int AS n FROM engine_requests')).rows[0]
      ?.n;
  const before = await logged();
  await elsewhere((tx) =>
    other.updateField(tx, s.workspaceId, s.base.id, s.table('Films'), field.id, { name: 'Short' }),
  );
  expect(await create({ Brief: 'x' })).toMatchObject({
    status: 422,
    body: { error: { type: 'UNKNOWN_FIELD_NAME' } },
  });
  expect(await logged()).toBe(before);
  expect((await create({ Short: 'x' })).status).toBe(200);
});

test('a write waits for a change of the schema that is under way, and goes by it', async () => {
  const changing = elsewhere(async (tx) => {
    await addField(tx, 'Studio');
    const writing = create({ Title: 'Dodes’ka-den', Studio: 'Toho' });
    await waitForLock();
    return { writing };
  });
  const { writing } = await changing;
  expect(await writing).toMatchObject({ status: 200, body: { fields: { Studio: 'Toho' } } });
});

/** Until somebody waits for a lock in this database. */
async function waitForLock(): Promise<void> {
  const sql = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await pollUntil('a lock', async () => (await s.database.admin.query(sql)).rowCount);
}

test('a base that was removed elsewhere is like one that never was', async () => {
  await elsewhere((tx) => other.removeBase(tx, s.workspaceId, s.base.id));
  const refused = { status: 403, body: { error: { type: 'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND' } } };
  expect(await s.call('GET', films())).toMatchObject(refused);
  await elsewhere((tx) =>
    other.createBase(tx, s.workspaceId, {
      id: s.base.id,
      name: 'Anew',
      tables: [{ name: 'Films', fields: [{ name: 'Title', type: 'singleLineText' }] }],
    }),
  );
  expect(await create({ Title: 'Kagemusha' })).toMatchObject({ status: 200 });
});
