import { acquireLease, releaseLease, type Lease } from '../../../services/edits/leases';
import { newId } from '../../../services/ids';
import { createTestDatabase, type TestDatabase } from '../../support/database';

const BASE = 'appFilms000000000';
const [SMALL, LARGE] = [20, 100_000];

let database: TestDatabase;
let workspaceId: string;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => {
  workspaceId = newId('workspace');
});
afterAll(() => database.drop());

const ask = (holder: string, changes: number) =>
  acquireLease(database.db, workspaceId, BASE, holder, changes);

async function take(holder: string, changes: number): Promise<Lease> {
  const lease = await ask(holder, changes);
  if (!lease) throw new Error(`${holder} did not get the base`);
  return lease;
}

/** As if the waiter had come so much earlier. */
const cameEarlier = (holder: string, seconds: number) =>
  database.admin.query(
    'UPDATE base_lease_waiters SET since = since - make_interval(secs => $3) WHERE workspace_id = $1 AND holder = $2',
    [workspaceId, holder, seconds],
  );

describe('who wants a base that another edit holds', () => {
  it('goes before a larger one that came earlier', async () => {
    const lease = await take('large at work', LARGE);
    expect(await ask('large', LARGE)).toBeUndefined();
    expect(await ask('small', SMALL)).toBeUndefined();
    await releaseLease(database.db, lease);
    expect(await ask('large', LARGE)).toBeUndefined();
    expect(await ask('large at work', LARGE)).toBeUndefined();
    expect(await ask('small', SMALL)).toBeDefined();
  });

  it('waits for a larger one that has waited a minute longer: no number of small ones starves it', async () => {
    const lease = await take('small at work', SMALL);
    await ask('large', LARGE);
    await cameEarlier('large', 61);
    await ask('small', SMALL);
    await releaseLease(database.db, lease);
    expect(await ask('small', SMALL)).toBeUndefined();
    expect(await ask('small at work', SMALL)).toBeUndefined();
    expect(await ask('large', LARGE)).toBeDefined();
  });

  it('goes by who came first where both have the same to do', async () => {
    const lease = await take('at work', LARGE);
    await ask('first', LARGE);
    await ask('second', LARGE);
    await releaseLease(database.db, lease);
    expect(await ask('second', LARGE)).toBeUndefined();
    expect(await ask('first', LARGE)).toBeDefined();
  });
});
