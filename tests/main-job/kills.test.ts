import { TestApi } from '../support/api';
import { pollUntil } from '../support/poll';
import { startStack, type Stack } from '../support/stack';

let stack: Stack;
let api: TestApi;

beforeAll(async () => {
  stack = await startStack();
  api = new TestApi(stack.apiUrl, stack.sample.token);
}, 120_000);
afterAll(() => stack?.stop());

/** Starts an approved edit of 605 records and returns the operation once `done` of them are settled. */
async function startEdit(where: string, value: string) {
  const { workspaceId, baseId } = stack.sample;
  const edit = await api.propose(workspaceId, {
    baseId,
    rules: [{ kind: 'set', table: 'Films', where, cells: { 'MPAA Rating': value } }],
  });
  const started = await api.post(`/v1/edits/${edit.id}/approve`, { hash: edit.hash }, { prefer: 'wait=0' });
  expect(started.status).toBe(202);
  return { edit, operationId: String(started.body['id']) };
}

/** Asks the journal, not the API: that may be dead. */
const settled = async (editId: string) =>
  Number(
    (
      await stack.database.admin.query<{ n: string }>(
        `SELECT count(*) AS n FROM edit_changes WHERE edit_id = $1 AND state = 'landed'`,
        [editId],
      )
    ).rows[0]?.n,
  );
const until = (editId: string, count: number) =>
  pollUntil(`${count} changes are settled`, async () => (await settled(editId)) >= count, 60_000);

/** How often each record was written by the edit's value, by the engine's own append-only log. */
async function writesPerRecord(value: string): Promise<Map<string, number>> {
  const { rows } = await stack.database.admin.query<{
    request: { records?: Array<{ id: string; fields: Record<string, unknown> }> };
  }>(`SELECT request FROM engine_requests WHERE method = 'PATCH'`);
  const counts = new Map<string, number>();
  for (const { request } of rows) {
    for (const record of request.records ?? []) {
      if (Object.values(record.fields).includes(value))
        counts.set(record.id, (counts.get(record.id) ?? 0) + 1);
    }
  }
  return counts;
}

describe('an edit of more than 600 records', () => {
  it('whose worker is killed twice and whose API is killed too ends with every record changed, and comes back whole', async () => {
    const { baseId } = stack.sample;
    const before = await api.records(baseId, 'Films');
    const { edit, operationId } = await startEdit('{MPAA Rating} = BLANK()', 'Not Rated');

    await until(edit.id, 60);
    await stack.killWorker();
    await stack.killApi();
    await stack.startApi();
    await stack.startWorker();
    const resumed = await settled(edit.id);
    expect(resumed).toBeLessThan(605);
    await until(edit.id, resumed + 100);
    await stack.killWorker();
    await stack.startWorker();

    expect(await api.ended(operationId)).toMatchObject({
      status: 'done',
      result: { outcome: { landed: 605 } },
    });
    const after = await api.records(baseId, 'Films');
    for (const [id, fields] of after) {
      expect(fields).toEqual({
        ...before.get(id),
        'MPAA Rating': before.get(id)?.['MPAA Rating'] ?? 'Not Rated',
      });
    }
    // A request whose answer died with the worker is found by reading back and not sent again, so at most what was
    // in flight at a kill (ten records each) can have been sent twice, with the same values.
    const writes = await writesPerRecord('Not Rated');
    expect(writes.size).toBe(605);
    expect([...writes.values()].filter((n) => n > 1).length).toBeLessThanOrEqual(20);

    expect(await api.approve(await api.planRevert(edit.id))).toMatchObject({ status: 'done' });
    expect(await api.records(baseId, 'Films')).toEqual(before);
  }, 240_000);

  it('that creates records makes each exactly once, whenever its worker dies', async () => {
    const { workspaceId, baseId } = stack.sample;
    const names = Array.from({ length: 300 }, (_, i) => `Created ${i}`);
    const edit = await api.propose(workspaceId, {
      baseId,
      changes: names.map((Name) => ({ kind: 'create', table: 'Distributors', cells: { Name } })),
    });
    const started = await api.post(`/v1/edits/${edit.id}/approve`, { hash: edit.hash }, { prefer: 'wait=0' });
    await until(edit.id, 40);
    await stack.killWorker();
    await stack.startWorker();
    await until(edit.id, 150);
    await stack.killWorker();
    await stack.startWorker();
    expect(await api.ended(String(started.body['id']))).toMatchObject({
      status: 'done',
      result: { outcome: { landed: 300 } },
    });
    const made = [...(await api.records(baseId, 'Distributors')).values()]
      .map((f) => String(f['Name']))
      .filter((n) => n.startsWith('Created'));
    expect(made.sort()).toEqual([...names].sort());
    expect(await api.approve(await api.planRevert(edit.id))).toMatchObject({ status: 'done' });
  }, 240_000);

  it('that is cancelled on its way takes back what it had written', async () => {
    const { baseId } = stack.sample;
    const before = await api.records(baseId, 'Films');
    const { edit, operationId } = await startEdit('{MPAA Rating} = BLANK()', 'Not Rated');
    await until(edit.id, 50);
    expect((await api.post(`/v1/operations/${operationId}/cancel`)).status).toBe(202);
    expect(await api.ended(operationId)).toMatchObject({
      status: 'rolled_back',
      error: { code: 'cancelled' },
    });
    expect(await api.records(baseId, 'Films')).toEqual(before);
    expect((await api.get(`/v1/edits/${edit.id}`)).body).toMatchObject({ state: 'rolled_back' });
  }, 120_000);

  it('pauses between chunks, shows it, and goes on when resumed', async () => {
    const { edit, operationId } = await startEdit('{MPAA Rating} = "PG"', 'G');
    await api.post(`/v1/operations/${operationId}/pause`);
    await pollUntil(
      'it is paused',
      async () => (await api.get(`/v1/operations/${operationId}`)).body['status'] === 'paused',
    );
    const settledThen = await settled(edit.id);
    const live = await api.get(`/v1/operations/${operationId}?live=true`);
    expect(live.body).toMatchObject({
      status: 'paused',
      live: { run: { status: 'RUNNING' }, progress: { status: 'paused' } },
    });
    expect(await settled(edit.id)).toBe(settledThen);
    await api.post(`/v1/operations/${operationId}/resume`);
    expect(await api.ended(operationId)).toMatchObject({ status: 'done' });
    expect(await api.approve(await api.planRevert(edit.id))).toMatchObject({ status: 'done' });
  }, 120_000);
});

describe('a worker that is stopped (SIGSTOP) in the middle of an edit', () => {
  it('and wakes after another worker has taken everything back writes nothing', async () => {
    const { baseId } = stack.sample;
    const before = await api.records(baseId, 'Films');
    const { edit, operationId } = await startEdit('{MPAA Rating} = BLANK()', 'Not Rated');
    await until(edit.id, 50);
    const sleeper = stack.worker();
    sleeper.kill('SIGSTOP');
    try {
      await stack.startWorker();
      await api.post(`/v1/operations/${operationId}/cancel`);
      expect(await api.ended(operationId, 180_000)).toMatchObject({ status: 'rolled_back' });
      expect(await api.records(baseId, 'Films')).toEqual(before);
      const { admin } = stack.database;
      const last = (await admin.query<{ seq: string }>('SELECT max(seq) AS seq FROM engine_requests')).rows[0]
        ?.seq;
      sleeper.kill('SIGCONT');
      await stack.killWorker();
      // Only the woken worker is left: that it carries out another edit shows that it is past its old attempt.
      const { operationId: nextOperation } = await startEdit('{MPAA Rating} = "Open"', 'R');
      expect(await api.ended(nextOperation, 120_000)).toMatchObject({ status: 'done' });
      const late = await admin.query(
        `SELECT 1 FROM engine_requests WHERE seq > $1 AND request::text LIKE '%Not Rated%'`,
        [last],
      );
      expect(late.rowCount).toBe(0);
      expect((await api.records(baseId, 'Films', '{MPAA Rating} = BLANK()')).size).toBe(605);
    } finally {
      sleeper.kill('SIGKILL');
    }
  }, 300_000);
});
