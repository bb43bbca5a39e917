import { createEditWorld, type EditRefs, type EditWorld } from './edit-world';
import { pollUntil } from '../../support/poll';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.forget());

const isUpdate = (method: string) => method === 'PATCH';
const LOST = { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };

async function approved(): Promise<EditRefs> {
  const [recordId = ''] = await world.films(1);
  return world.approved({ changes: [{ kind: 'update', table: 'Films', recordId, cells: { Gross: 1 } }] });
}
const sql = (text: string, values: unknown[] = []) => world.server.database.admin.query(text, values);
const lostOf = async ({ editId }: EditRefs) =>
  (await sql('SELECT phase, state FROM lost_requests WHERE edit_id = $1', [editId])).rows as unknown[];
const writes = () => world.seen().filter((call) => !call.startsWith('GET'));
/** As if another process had taken the base over, and given it back. */
const takeOver = () =>
  sql(`UPDATE base_leases SET holder = 'edt_another', fence = fence + 1, expires_at = '-infinity'`);

it('an edit whose journal cannot be written stops, and nothing is sent', async () => {
  const edit = await approved();
  await sql(`CREATE FUNCTION refuse_intent() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.state = 'intended' THEN RAISE 'the disk is full'; END IF; RETURN NEW; END $$`);
  await sql(
    `CREATE TRIGGER refuse_intent BEFORE UPDATE ON edit_changes FOR EACH ROW EXECUTE FUNCTION refuse_intent()`,
  );
  world.seen();
  try {
    await expect(world.applyAll(edit)).rejects.toThrow();
    expect(writes()).toEqual([]);
    expect(await world.states(edit)).toEqual({ pending: 1 });
  } finally {
    await sql('DROP TRIGGER refuse_intent ON edit_changes');
    await sql('DROP FUNCTION refuse_intent()');
  }
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
});

it('a holder that lost the base while its request was under way settles nothing, and the next one counts the request', async () => {
  const edit = await approved();
  world.onRequest = async (method) => {
    if (isUpdate(method)) await takeOver();
    return undefined;
  };
  await expect(world.applyAll(edit)).rejects.toMatchObject({ code: 'fenced' });
  expect(await world.states(edit)).toEqual({ intended: 1 });
  world.onRequest = async () => undefined;
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(await world.states(edit)).toEqual({ landed: 1 });
  expect(await lostOf(edit)).toEqual([{ phase: 'apply', state: 'landed' }]);
});

it('a request of such a holder that was not found may still land: it is waited for', async () => {
  const edit = await approved();
  world.onRequest = async (method) => {
    if (!isUpdate(method)) return undefined;
    await takeOver();
    return LOST;
  };
  await expect(world.applyAll(edit)).rejects.toMatchObject({ code: 'fenced' });
  world.onRequest = async () => undefined;
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done', unanswered: 1 });
  expect(await lostOf(edit)).toEqual([{ phase: 'apply', state: 'open' }]);
});

it('an attempt that was stopped for longer than its undo took writes nothing when it wakes', async () => {
  const edit = await approved();
  let wake = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (wake = resolve));
  let looking = false;
  world.onRequest = async (method, path) => {
    if (method !== 'GET' || path.includes('/meta/') || looking) return undefined;
    looking = true;
    await stopped;
    return undefined;
  };
  const attempt = world.applyAll(edit).catch((error: unknown) => error);
  await pollUntil('it looks at the records', async () => looking);
  expect(await world.undoAll(edit)).toMatchObject({ state: 'done' });
  world.seen();
  wake();
  expect(await attempt).toMatchObject({ code: 'fenced' });
  expect(writes()).toEqual([]);
});

it('an undo that was certainly not carried out is not taken for one without an answer', async () => {
  const edit = await approved();
  await world.applyAll(edit);
  let refused = 0;
  world.onRequest = async (method) => {
    if (!isUpdate(method) || refused++ > 0) return undefined;
    return { status: 429, body: { error: { type: 'PUBLIC_API_BILLING_LIMIT_EXCEEDED', message: 'spent' } } };
  };
  expect(await world.undoAll(edit)).toMatchObject({ state: 'quota' });
  expect(await world.states(edit)).toEqual({ landed: 1 });
  world.forget();
  expect(await world.undoAll(edit)).not.toHaveProperty('unanswered');
  expect(await world.states(edit)).toEqual({ undone: 1 });
});
