import { SagatableError } from '../../../contracts/errors';
import { createChangeTrail } from '../../../services/audit/change-trail';
import { createServices, type Services } from '../../../services/create-services';
import { createKeptFiles } from '../../../services/edits/kept-files';
import { acquireLease, releaseLease } from '../../../services/edits/leases';
import { runChunk, sendWrite, type EditRun, type JournalLook } from '../../../services/edits/run';
import { parseKeyRing } from '../../../services/encryption';
import { newId } from '../../../services/ids';
import { testConfig } from '../../support/config';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { createPeople } from '../../support/people';

let database: TestDatabase;
let services: Services;
let config: ReturnType<typeof testConfig>;
let run: EditRun;
let cancel: AbortController;

beforeAll(async () => {
  database = await createTestDatabase();
  config = testConfig({ DATABASE_URL: database.url });
  services = createServices(config);
});
beforeEach(async () => {
  const people = createPeople(database.db);
  const { userId } = await people.register('Ada');
  const workspaceId = await people.found(userId);
  const editId = newId('edit');
  const lease = await acquireLease(database.db, workspaceId, 'appFilms000000000', editId);
  if (!lease) throw new Error('the base is held by somebody else');
  cancel = new AbortController();
  run = {
    db: database.db,
    operations: services.operations,
    trail: createChangeTrail(parseKeyRing(config.encryptionKeys)),
    client: await services.gateway.openUnsaved({ url: 'https://api.airtable.com', token: 'unused' }),
    lease,
    workspaceId,
    editId,
    operationId: newId('operation'),
    baseId: 'appFilms000000000',
    fields: new Map(),
    tables: [],
    readSchema: () => Promise.resolve({ tables: [] }),
    markers: new Map(),
    kept: createKeptFiles({ ...services, config }, { workspaceId, id: newId('connection') }),
    repostComments: false,
    policy: 'skip',
    lateWriteMs: 1_000,
    settleSeconds: 1,
    signal: cancel.signal,
    progress: { done: 0, total: 10, message: 'Applying' },
  };
});
afterAll(async () => {
  await services.close();
  await database.drop();
});

const turnIn = (retryAfterMs: number) =>
  new SagatableError('LimitReached', 'not yet', { code: 'rate_wait', retryAfterMs });
const NOT_SENT = { mayHaveLanded: false };

describe('a write', () => {
  it('that got no answer and was refused when sent again has no known end: it is looked at anew, and not given up', async () => {
    const refused = new SagatableError('InvalidInput', 'no such record', {
      details: { mayHaveLanded: true },
    });
    const end = await sendWrite(run, async ({ beforeSend }) => {
      await beforeSend(NOT_SENT);
      await beforeSend({ mayHaveLanded: true });
      throw refused;
    });
    expect(end).toMatchObject({
      end: 'unclear',
      error: { code: 'refused_after_lost', retryable: true, cause: refused },
    });
  });

  it('that is turned away waits for its turn, since another look would take a turn itself', async () => {
    let tries = 0;
    const end = await sendWrite(run, async ({ beforeSend }) => {
      if (++tries < 3) throw turnIn(5);
      await beforeSend(NOT_SENT);
      return 'answer';
    });
    expect([end, tries]).toEqual([{ end: 'landed', answer: 'answer' }, 3]);
  });

  it('does not wait for a turn that is far off', async () => {
    const error = turnIn(30_000);
    const end = await sendWrite(run, async () => {
      throw error;
    });
    expect(end).toEqual({ end: 'unsent', error });
  });

  it('that waits for its turn ends when it is cancelled', async () => {
    const end = sendWrite(run, async () => {
      setImmediate(() => cancel.abort(new Error('cancelled')));
      throw turnIn(7_000);
    });
    expect(await end).toMatchObject({ end: 'unsent', error: { message: 'cancelled' } });
  });

  it('does not leave any more when what it goes by is old', async () => {
    let now = 0;
    const late = await sendWrite(
      run,
      async ({ beforeSend }) => {
        now = 8_001;
        await beforeSend(NOT_SENT);
      },
      { now: () => now },
    );
    expect(late).toMatchObject({ end: 'unsent', error: { code: 'look_too_old' } });
  });

  it('is not repeated when what it goes by is old, and nobody can tell of the first request', async () => {
    let now = 0;
    const end = await sendWrite(
      run,
      async ({ beforeSend }) => {
        await beforeSend(NOT_SENT);
        now = 8_001;
        await beforeSend({ mayHaveLanded: true });
      },
      { now: () => now },
    );
    expect(end).toMatchObject({ end: 'unclear', error: { code: 'look_too_old' } });
  });

  it('does not leave by a proof of the lease that is old: whoever was stopped since asks again', async () => {
    let now = 0;
    const stopped: typeof run.db = {
      ...run.db,
      async tenant(workspaceId, work) {
        const proof = await run.db.tenant(workspaceId, work);
        // Stopped after the answer, for long enough that another takes over.
        now += 3_000;
        await releaseLease(run.db, run.lease);
        return proof;
      },
    };
    const end = await sendWrite({ ...run, db: stopped }, ({ beforeSend }) => beforeSend(NOT_SENT), {
      now: () => now,
    });
    expect(end).toMatchObject({ end: 'unsent', error: { code: 'fenced' } });
  });

  it('tells when an earlier request of the same call got no answer', async () => {
    const end = await sendWrite(run, async ({ beforeSend }) => {
      await beforeSend(NOT_SENT);
      await beforeSend({ mayHaveLanded: true });
      return 'answer';
    });
    expect(end).toEqual({ end: 'landed', answer: 'answer', repeated: true });
  });

  it('does not leave once the lease is lost', async () => {
    await releaseLease(run.db, run.lease);
    const end = await sendWrite(run, ({ beforeSend }) => beforeSend(NOT_SENT));
    expect(end).toMatchObject({ end: 'unsent', error: { code: 'fenced' } });
  });
});

it('a chunk looks again when a look was too old to write by', async () => {
  const looks: Array<() => Promise<JournalLook>> = [
    async () => {
      throw new SagatableError('Unavailable', 'old', { code: 'look_too_old' });
    },
    async () => 'nothing left',
  ];
  const look = () => (looks.shift() ?? (async () => 'nothing left' as const))();
  expect(await runChunk(run, { batches: 10, milliseconds: 30_000 }, look)).toMatchObject({ state: 'done' });
  expect(looks).toEqual([]);
});
