import fc from 'fast-check';
import type { ProposeEditInput } from '../../../contracts/changes';
import { assertUndoAccepted } from '../../../services/edits/estimate-consent';
import { previewOf } from '../../../services/edits/edit-work';
import { readEdit } from '../../../services/edits/edit-rows';
import { createEditWorld, type EditRefs, type EditWorld } from './edit-world';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
beforeEach(() => world.forget());
afterAll(() => world.close());

/** Requests for data since the last look: what counts as a call of the month. */
const calls = () => world.seen().filter((line) => !line.endsWith(' meta')).length;

async function estimateOf({ workspaceId, editId }: EditRefs) {
  return world.server.database.db.tenant(
    workspaceId,
    async (tx) => previewOf(await readEdit(tx, editId)).calls,
  );
}

interface Sizes {
  readonly updates: number;
  readonly linked: number;
  readonly creates: number;
  readonly deletes: number;
  readonly options: number;
}

/** The journal's own counts. */
async function keptCounts({ editId }: EditRefs): Promise<Record<string, number>> {
  const { rows } = await world.server.database.admin.query<{ state: string; n: number }>(
    'SELECT state, n::int FROM edit_counts WHERE edit_id = $1 AND n <> 0',
    [editId],
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

/** What a change set of so many of each kind asks for, on records of its own. */
async function changeSet(n: Sizes) {
  const ids = await world.films(n.updates + n.deletes);
  const directors = await makeDirectors(3);
  const table = 'Films';
  const doomed = ids.slice(n.updates);
  for (const [i, id] of doomed.slice(0, n.linked).entries())
    await world.change(id, { Director: [directors[i % 3] ?? ''] });
  const changes: ProposeEditInput['changes'] = [
    ...Array.from({ length: n.creates }, (_, i) => ({
      kind: 'create' as const,
      table,
      cells: { Title: `New ${i}`, Gross: i },
    })),
    ...ids.slice(0, n.updates).map((recordId, i) => ({
      kind: 'update' as const,
      table,
      recordId,
      cells: {
        Gross: -1,
        ...(i < n.options ? { Rating: `Rated ${recordId}` } : {}),
        ...(i % 50 < n.linked ? { Director: [directors[i % 3] ?? ''] } : {}),
      },
    })),
    ...doomed.map((recordId) => ({ kind: 'delete' as const, table, recordId })),
  ];
  return { changes };
}

async function makeDirectors(count: number): Promise<string[]> {
  const { server } = world;
  const records = Array.from({ length: count }, (_, i) => ({ fields: { Name: `Director ${i}` } }));
  const { body } = await server.call('POST', `/${server.base.id}/${server.table('Directors')}`, { records });
  return (body as { records: { id: string }[] }).records.map(({ id }) => id);
}

const sizes: fc.Arbitrary<Sizes> = fc.record({
  updates: fc.integer({ min: 0, max: 230 }),
  linked: fc.integer({ min: 0, max: 8 }),
  creates: fc.integer({ min: 0, max: 25 }),
  deletes: fc.integer({ min: 0, max: 25 }),
  options: fc.integer({ min: 0, max: 3 }),
});

it('that would not be left to undo an edit are consented to, or fewer changes are chosen', async () => {
  const refs = await world.approved(
    await changeSet({ updates: 150, linked: 0, creates: 0, deletes: 0, options: 0 }),
  );
  const { db, admin } = world.server.database;
  const check = (over: { accepted: boolean; only?: number[] }) =>
    db.tenant(refs.workspaceId, (tx) => assertUndoAccepted(tx, { editId: refs.editId, ...over }));
  await expect(check({ accepted: false })).resolves.toBeUndefined();
  await admin.query('UPDATE connections SET monthly_calls = 20 WHERE workspace_id = $1', [refs.workspaceId]);
  try {
    await expect(check({ accepted: false })).rejects.toMatchObject({
      status: 409,
      code: 'consent_required',
      details: { consent: 'acceptUndoBeyondQuota', apply: 17, undo: 19 },
    });
    await expect(check({ accepted: true })).resolves.toBeUndefined();
    await expect(check({ accepted: false, only: [1, 2, 3] })).resolves.toBeUndefined();
  } finally {
    await admin.query('UPDATE connections SET monthly_calls = NULL WHERE workspace_id = $1', [
      refs.workspaceId,
    ]);
  }
});

describe('the calls that a preview promises', () => {
  it('are never fewer than those at the wire, and few more', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (n) => {
        fc.pre(n.updates + n.creates + n.deletes > 0);
        const refs = await world.approved(await changeSet(n));
        const estimate = await estimateOf(refs);
        calls();
        expect(await world.applyAll(refs)).toMatchObject({ state: 'done' });
        const applied = calls();
        expect(applied).toBeLessThanOrEqual(estimate.apply);
        expect(applied).toBeGreaterThanOrEqual(estimate.apply - 2 * n.options - 2);
        expect(await keptCounts(refs)).toEqual(await world.states(refs));
        expect(await world.undoAll(refs)).toMatchObject({ state: 'done' });
        const undone = calls();
        expect(await keptCounts(refs)).toEqual(await world.states(refs));
        expect(undone).toBeLessThanOrEqual(estimate.undo);
        expect(undone).toBeGreaterThanOrEqual(Math.floor(estimate.undo * 0.6) - 2);
      }),
      { numRuns: 3, seed: 6, endOnFailure: true },
    );
  }, 120_000);
});
