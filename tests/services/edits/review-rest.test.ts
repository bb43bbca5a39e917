import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pino from 'pino';
import { createBookkeepingActivities } from '../../../activities/bookkeeping';
import { createEditActivities } from '../../../activities/edits';
import { mapErrors } from '../../../activities/failures';
import { createReviewActivities } from '../../../activities/reviews';
import { createAuthentication } from '../../../api/authenticate';
import { createOperationDoor } from '../../../api/operation-door';
import { createProblemHandler } from '../../../api/problems';
import { createEditRoutes } from '../../../api/routes/edits';
import { createOperationRoutes } from '../../../api/routes/operations';
import { createReviewRoutes } from '../../../api/routes/review';
import type { ConflictPage } from '../../../contracts/conflicts';
import type { ReviewPage } from '../../../contracts/reviews';
import { ALL_SCOPES } from '../../../contracts/scopes';
import { createServices, type Services } from '../../../services/create-services';
import { newId } from '../../../services/ids';
import { testConfig } from '../../support/config';
import { createPeople } from '../../support/people';
import { pollUntil } from '../../support/poll';
import { createTestTemporal, type TestTemporal } from '../../support/temporal';
import { createEditWorld, type EditRefs, type EditWorld } from './edit-world';

let world: EditWorld;
let temporal: TestTemporal;
let services: Services;
let server: Server;
let url: string;
let approver: string;
let viewer: string;
let editor: string;
let stranger: string;

beforeAll(async () => {
  [world, temporal] = await Promise.all([createEditWorld(), createTestTemporal()]);
  const config = testConfig({ DATABASE_URL: world.server.database.url });
  services = { ...createServices(config), edits: world.edits, reviews: world.reviews };
  const logger = pino({ level: 'silent' });
  const context = { config, services, temporal: temporal.client, logger, uiUrl: 'http://localhost' };
  const { db, operations } = services;
  const door = createOperationDoor({
    db,
    operations,
    temporal: temporal.client,
    secret: config.jwtSecret,
    logger,
  });
  const app = express();
  app.use('/v1', express.json(), createAuthentication({ config, services }));
  app.use(createOperationRoutes(context, door));
  app.use(createReviewRoutes(context));
  app.use(createEditRoutes(context));
  app.use(createProblemHandler({ logger }));
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const people = createPeople(world.server.database.db);
  const { workspaceId } = world.server;
  const mint = (userId: string, of: string) =>
    db
      .system((tx) =>
        services.personalTokens.create(tx, {
          userId,
          workspaceId: of,
          name: newId('token'),
          scopes: ALL_SCOPES,
          expiresInDays: 1,
        }),
      )
      .then(({ token }) => token);
  const member = async (role: 'approver' | 'viewer' | 'editor') => {
    const person = await people.register(role);
    await people.join(workspaceId, { email: person.email, userId: 'usr_test' }, role);
    return mint(person.userId, workspaceId);
  };
  [approver, viewer, editor] = [await member('approver'), await member('viewer'), await member('editor')];
  const outsider = await people.register('stranger');
  stranger = await mint(outsider.userId, await people.found(outsider.userId));
}, 90_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await services.close();
  await temporal.close();
  await world.close();
});
beforeEach(async () => {
  world.forget();
  for (const id of (await world.cells()).keys())
    await world.server.call('DELETE', `/${world.server.base.id}/${world.server.table('Films')}/${id}`);
});

async function call(token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=10' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const workers = <T>(work: () => Promise<T>) =>
  temporal.runWorkers(
    mapErrors({
      ...createBookkeepingActivities({ operations: world.operations }),
      ...createEditActivities({ edits: world.edits }),
      ...createReviewActivities({ reviews: world.reviews }),
    }),
    work,
  );

const setAll = { rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells: { Gross: 7 } }] };

async function start({ workspaceId, editId, operationId }: EditRefs) {
  const workflowId = `applyEdit/${operationId}`;
  await services.db.tenant(workspaceId, (tx) =>
    services.operations.insert(tx, {
      id: operationId,
      workspaceId,
      name: 'applyEdit',
      scope: workspaceId,
      key: operationId,
      fingerprint: '',
      actor: 'usr_test',
      input: { editId },
      summary: 'Apply',
      workflowId,
      editId,
      baseId: null,
    }),
  );
  return temporal.client.workflow.start('applyEdit', {
    workflowId,
    taskQueue: 'operations',
    args: [{ operationId, workspaceId, actor: 'usr_test', input: { editId } }],
  });
}

async function leftOver(): Promise<EditRefs> {
  const ids = await world.films(3);
  const edit = await world.approved(setAll);
  await world.applyAll(edit);
  await world.change(ids[1] ?? '', { Gross: 99 });
  await world.undoAll(edit);
  await world.conclude(edit, true);
  return edit;
}

it('the operation waits for decisions, goes on with each, and ends when all are made', async () => {
  const ids = await world.films(12);
  const edit = await world.approved(setAll, 'ask');
  await world.change(ids[2] ?? '', { Gross: 92 });
  await world.change(ids[5] ?? '', { Gross: 95 });
  await workers(async () => {
    const handle = await start(edit);
    const paused = (n: number) =>
      pollUntil(`it waits for ${n}`, async () => {
        const row = await services.operations.require(edit.operationId);
        return row.status === 'paused' && row.progress?.message.includes(`decisions on ${n} conflicts`);
      });
    await paused(2);
    const path = `/v1/edits/${edit.editId}`;
    expect((await call(viewer, 'GET', path)).body['waiting']).toEqual({ conflicts: 2, review: 0 });
    const first = await call(viewer, 'GET', `${path}/conflicts?limit=1`);
    const page = first.body as ConflictPage;
    expect(page).toMatchObject({
      open: 2,
      conflicts: [{ cells: [{ beforeText: '10002', oursText: '7', nowText: '92' }] }],
    });
    const rest = await call(viewer, 'GET', `${path}/conflicts?limit=1&cursor=${page.nextCursor}`);
    expect(rest.body).toMatchObject({ conflicts: [{ recordId: ids[5] }] });

    const [conflict] = page.conflicts;
    const ordinals = [conflict?.ordinal];
    const now = { [String(conflict?.ordinal)]: conflict?.now };
    for (const token of [viewer, editor])
      expect(
        await call(token, 'POST', `${path}/conflicts`, { ordinals, decision: 'overwrite', now }),
      ).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
    expect(
      await call(approver, 'POST', `${path}/conflicts`, { ordinals, decision: 'overwrite', now }),
    ).toMatchObject({ status: 200, body: { decided: 1, open: 1 } });
    await paused(1);
    expect((await world.cells()).get(ids[2] ?? '')).toMatchObject({ Gross: 7 });
    await call(approver, 'POST', `${path}/conflicts`, { all: true, decision: 'skip' });
    expect(await handle.result()).toMatchObject({ outcome: { landed: 11, conflict: 1 } });
  });
  expect((await world.cells()).get(ids[5] ?? '')).toMatchObject({ Gross: 95 });
  expect(await world.editState(edit)).toBe('applied');
});

it('an edit that waits for decisions can be cancelled, and everything of it is taken back', async () => {
  const ids = await world.films(5);
  const before = await world.cells();
  const edit = await world.approved(setAll, 'ask');
  await world.change(ids[2] ?? '', { Gross: 92 });
  await workers(async () => {
    const handle = await start(edit);
    const status = async () => (await services.operations.require(edit.operationId)).status;
    await pollUntil('it waits', async () => (await status()) === 'paused');
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'CancelledAndRolledBack' } });
  });
  const after = await world.cells();
  expect(after.get(ids[2] ?? '')).toMatchObject({ Gross: 92 });
  expect(after.get(ids[0] ?? '')).toEqual(before.get(ids[0] ?? ''));
});

it('a verdict runs as an operation, linked with the edit, and ends its review', async () => {
  const edit = await leftOver();
  const path = `/v1/edits/${edit.editId}`;
  expect((await call(viewer, 'GET', path)).body['waiting']).toEqual({ conflicts: 0, review: 1 });
  const { body } = await call(viewer, 'GET', `${path}/review?look=true`);
  const [change] = (body as ReviewPage).changes;
  expect(change).toMatchObject({ state: 'undo_conflict', now: { recordTexts: { Gross: '99' } } });
  const verdict = { ordinals: [change?.ordinal], verdict: 'landed' };
  await workers(async () => {
    expect(await call(viewer, 'POST', `${path}/review`, verdict)).toMatchObject({ status: 403 });
    expect(await call(approver, 'POST', `${path}/review`, verdict)).toMatchObject({
      status: 201,
      body: { editId: edit.editId, state: 'applied', unresolved: 0 },
    });
    expect(await call(approver, 'POST', `${path}/review`, verdict)).toMatchObject({
      status: 409,
      body: { code: 'edit_not_in_review' },
    });
  });
  const { rows } = await world.server.database.admin.query<{ name: string; status: string }>(
    `SELECT name, status FROM operations WHERE edit_id = $1 AND name = 'reviewEdit'`,
    [edit.editId],
  );
  expect(rows).toEqual([{ name: 'reviewEdit', status: 'done' }]);
});

it('an edit of another workspace answers like one that is not there', async () => {
  const edit = await leftOver();
  const body = { ordinals: [0], verdict: 'notLanded' };
  const missing = newId('edit');
  const asked: ReadonlyArray<readonly [string, string, unknown?]> = [
    ['GET', 'conflicts'],
    ['POST', 'conflicts', { all: true, decision: 'skip' }],
    ['GET', 'dependents'],
    ['GET', 'review'],
    ['POST', 'review', body],
  ];
  for (const [method, what, sent] of asked) {
    const hidden = await call(stranger, method, `/v1/edits/${edit.editId}/${what}`, sent);
    const nowhere = await call(stranger, method, `/v1/edits/${missing}/${what}`, sent);
    expect(hidden.status).toBe(404);
    expect({ ...hidden.body, instance: '' }).toEqual({ ...nowhere.body, instance: '' });
  }
});

it('a decision must name its conflicts or mean all, and a review its changes', async () => {
  const edit = await leftOver();
  const path = `/v1/edits/${edit.editId}`;
  for (const wrong of [
    { decision: 'skip' },
    { decision: 'skip', all: true, ordinals: [1] },
    { decision: 'maybe', all: true },
  ])
    expect((await call(approver, 'POST', `${path}/conflicts`, wrong)).status).toBe(422);
  for (const wrong of [
    { verdict: 'landed' },
    { ordinals: [], verdict: 'landed' },
    { ordinals: [0], verdict: 'perhaps' },
  ])
    expect((await call(approver, 'POST', `${path}/review`, wrong)).status).toBe(422);
  expect(await call(approver, 'POST', `${path}/conflicts`, { all: true, decision: 'skip' })).toMatchObject({
    status: 409,
    body: { code: 'edit_not_waiting' },
  });
});
