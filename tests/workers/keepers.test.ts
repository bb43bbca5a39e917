import pino from 'pino';
import { createOperations, type Operations } from '../../services/operations/operations';
import { newId } from '../../services/ids';
import { reconcile, sweepLostStarts } from '../../workers/keepers';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

let database: TestDatabase;
let temporal: TestTemporal;
let operations: Operations;
const logger = pino({ level: 'silent' });

beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  operations = createOperations(database.db);
});
afterAll(async () => {
  await temporal.close();
  await database.drop();
});

/** A row as the door commits it before Temporal knows of it. */
async function stageRow() {
  const [id, workspaceId] = [newId('operation'), newId('workspace')];
  const row = await database.db.tenant(workspaceId, (tx) =>
    operations.insert(tx, {
      id,
      workspaceId,
      name: 'provisionWorkspace',
      scope: 'usr',
      key: id,
      fingerprint: '',
      actor: newId('user'),
      input: { name: 'x' },
      summary: 'Provision',
      workflowId: `provisionWorkspace/${id}`,
      editId: null,
      baseId: null,
    }),
  );
  if (!row) throw new Error('not inserted');
  return row;
}
const keeping = () => ({ operations, temporal: temporal.client, logger });

it('an operation whose start was lost is started once, under its own id', async () => {
  const row = await stageRow();
  expect(await sweepLostStarts(keeping(), 0)).toBe(1);
  expect(await sweepLostStarts(keeping(), 0)).toBe(0);
  const description = await temporal.client.workflow.getHandle(row.workflow_id).describe();
  expect(description).toMatchObject({ type: 'provisionWorkspace', status: { name: 'RUNNING' } });
  expect(await description.staticSummary()).toBe('Provision');
  expect((await operations.require(row.id)).status).toBe('running');
  await temporal.client.workflow.getHandle(row.workflow_id).terminate();
});

it('a row whose run was terminated from outside is shown as in need of review, not left running', async () => {
  const row = await stageRow();
  await sweepLostStarts(keeping(), 0);
  await temporal.client.workflow.getHandle(row.workflow_id).terminate();
  expect(await reconcile(keeping(), 0)).toBeGreaterThanOrEqual(1);
  expect(await operations.require(row.id)).toMatchObject({
    status: 'needs_review',
    error: { code: 'ended_outside' },
  });
});
