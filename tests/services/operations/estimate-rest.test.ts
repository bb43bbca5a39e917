import fc from 'fast-check';
import type { OperationStatus } from '../../../contracts/operations';
import { createOperations } from '../../../services/operations/operations';
import { estimateRest } from '../../../services/operations/estimate-rest';
import { newId } from '../../../services/ids';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { createPeople } from '../../support/people';

const BEGAN = new Date('2026-11-21T10:00:00Z');
const after = (seconds: number) => new Date(BEGAN.getTime() + seconds * 1_000);
const row = (done: number, total: number, from = 0, status: OperationStatus = 'running') => ({
  status,
  progress: { done, total, unit: 'changes', message: 'Applying' },
  paced_since: BEGAN,
  paced_from: from,
});

describe('the estimate of the rest', () => {
  it('goes by the pace so far', () => {
    expect(estimateRest(row(100, 400), after(50))).toEqual({ secondsLeft: 150 });
    expect(estimateRest(row(300, 400, 200), after(50))).toEqual({ secondsLeft: 50 });
  });

  it('is not given before there is enough to tell, nor at the end, nor while it is paused', () => {
    expect(estimateRest(row(100, 400), after(9))).toEqual({});
    expect(estimateRest(row(19, 400), after(50))).toEqual({});
    expect(estimateRest(row(400, 400), after(50))).toEqual({});
    expect(estimateRest(row(100, 400, 0, 'paused'), after(50))).toEqual({});
    expect(estimateRest({ ...row(100, 400), paced_since: null }, after(50))).toEqual({});
    expect(estimateRest({ ...row(100, 400), progress: null }, after(50))).toEqual({});
  });

  it('gets longer while nothing moves', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 999 }),
        fc.integer({ min: 10, max: 10_000 }),
        (done, seconds) => {
          const [sooner, later] = [seconds, seconds * 2].map(
            (s) => estimateRest(row(done, 1_000), after(s)).secondsLeft,
          );
          expect(later).toBeGreaterThanOrEqual(sooner ?? Infinity);
        },
      ),
    );
  });
});

describe('what it goes by', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('begins anew with another kind of work and after a pause, not with a message about a wait', async () => {
    const people = createPeople(database.db);
    const { userId } = await people.register('Ada');
    const workspaceId = await people.found(userId);
    const operations = createOperations(database.db);
    const id = newId('operation');
    const inserted = await database.db.tenant(workspaceId, (tx) =>
      operations.insert(tx, {
        id,
        workspaceId,
        name: 'applyEdit',
        scope: workspaceId,
        key: id,
        fingerprint: '',
        actor: userId,
        input: {},
        summary: '',
        workflowId: id,
        editId: null,
        baseId: null,
      }),
    );
    expect(inserted).toBeDefined();
    const report = (done: number, message: string) =>
      database.db.tenant(workspaceId, (tx) =>
        operations.setProgress(tx, id, { done, total: 100, unit: 'changes', message }),
      );
    const from = async () => (await operations.require(id)).paced_from;

    await report(5, 'Applying');
    await report(30, 'Applying. Waiting: Airtable’s limit is used up');
    expect(await from()).toBe(5);
    await operations.setStatus(workspaceId, id, 'paused', 'paused on request');
    expect((await operations.require(id)).paced_since).toBeNull();
    await operations.setStatus(workspaceId, id, 'running', null);
    await report(40, 'Applying');
    expect(await from()).toBe(40);
    await report(0, 'Undoing');
    expect(await from()).toBe(0);
  });
});
