import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { createOperationDoor, type StartRequest } from '../../api/operation-door';
import { createServices, type Services } from '../../services/create-services';
import { newId } from '../../services/ids';
import { testConfig } from '../support/config';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

let database: TestDatabase;
let temporal: TestTemporal;
let services: Services;

beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  services = createServices(testConfig({ DATABASE_URL: database.url }));
});
afterAll(async () => {
  await services.close();
  await temporal.close();
  await database.drop();
});

const doorTo = (client: Client) =>
  createOperationDoor({
    db: services.db,
    operations: services.operations,
    temporal: client,
    secret: 'a secret of this test',
    logger: pino({ level: 'silent' }),
  });

const request = (): StartRequest => ({
  spec: { name: 'provisionWorkspace', tenancy: 'new' },
  actor: newId('user'),
  workspaceId: newId('workspace'),
  key: newId('token'),
  keyScope: 'everybody',
  request: {},
  waitSeconds: 0,
  stage: async () => ({ input: {}, summary: 'A workspace' }),
});

it('a request repeated before its first start arrived starts the operation itself', async () => {
  const nowhere = Connection.lazy({ address: '127.0.0.1:1' });
  const asked = request();
  const first = await doorTo(new Client({ connection: nowhere })).start(asked);
  await nowhere.close();
  expect(first.status).toBe('starting');

  const again = await doorTo(temporal.client).start(asked);
  expect(again).toMatchObject({ id: first.id, status: 'running' });
  const { status } = await temporal.client.workflow.getHandle(first.workflow_id).describe();
  expect(status.name).toBe('RUNNING');
});

it('requests at once under one key start one operation, and each finds it started', async () => {
  const asked = request();
  const rows = await Promise.all([1, 2, 3, 4].map(() => doorTo(temporal.client).start(asked)));
  expect(new Set(rows.map((row) => row.id)).size).toBe(1);
  expect(rows.map((row) => row.status)).toEqual(['running', 'running', 'running', 'running']);
});
