import { createServer, type Server } from 'node:http';
import pino from 'pino';
import { z } from 'zod';
import { createApp } from '../../api/app';
import { ApprovalRules, ApprovalRulesView, PartialApproval } from '../../contracts/approvals';
import { EditView } from '../../contracts/edits';
import type { Scope } from '../../contracts/scopes';
import { createServices, type Services } from '../../services/create-services';
import { newId } from '../../services/ids';
import {
  changes,
  createApprovalWorld,
  type ApprovalWorld,
  type Proposed,
} from '../services/approvals/approval-world';
import { TestApi } from '../support/api';
import { testConfig } from '../support/config';
import { createPeople, PASSWORD } from '../support/people';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

let world: ApprovalWorld;
let temporal: TestTemporal;
let services: Services;
let server: Server;
let url: string;
let owner: TestApi;
let admin: TestApi;
let editor: TestApi;
let stranger: TestApi;
let ownerId: string;
let editorId: string;
let value = 0;

async function signIn(email: string): Promise<TestApi> {
  const { body } = await new TestApi(url, undefined).post('/v1/sessions', { email, password: PASSWORD });
  return new TestApi(url, String(body['accessToken']));
}

beforeAll(async () => {
  [world, temporal] = await Promise.all([createApprovalWorld(), createTestTemporal()]);
  const config = testConfig({ DATABASE_URL: world.edit.server.database.url });
  services = createServices(config);
  const logger = pino({ level: 'silent' });
  server = createServer(
    createApp({ config, services, temporal: temporal.client, logger, uiUrl: 'http://localhost' }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}`;
  const people = createPeople(services.db);
  const [o, a, e] = [await world.join('owner'), await world.join('admin'), await world.join('editor')];
  const s = await people.register('stranger');
  await people.found(s.userId);
  [ownerId, editorId] = [o.userId, e.userId];
  [owner, admin, editor, stranger] = [
    await signIn(o.email),
    await signIn(a.email),
    await signIn(e.email),
    await signIn(s.email),
  ];
}, 90_000);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await services.close();
  await temporal.close();
  await world.close();
});
beforeEach(async () => {
  await world.rules({});
  await world.approvals.consent(world.workspaceId, world.connectionId, ownerId);
});

const propose = (by = editorId, count = 1) =>
  world.propose(by, changes(world.films.slice(0, count), ++value));
const approve = (
  api: TestApi,
  { editId, hash }: Proposed,
  more: object = {},
  headers: Record<string, string> = {},
) => api.post(`/v1/edits/${editId}/approve`, { hash, ...more }, { prefer: 'wait=0', ...headers });
const view = async (edit: Proposed) => EditView.parse((await owner.get(`/v1/edits/${edit.editId}`)).body);
const at = (path: string) => `/v1/workspaces/${world.workspaceId}/${path}`;

async function tokenOf(api: TestApi, scopes: Scope[]): Promise<TestApi> {
  const { body } = await api.post('/v1/tokens', { name: 'Agent', workspaceId: world.workspaceId, scopes });
  return new TestApi(url, z.string().parse(body['token']));
}

it('the first of two approvals is noted and starts nothing, the second starts the edit', async () => {
  await world.rules({ twoPersons: { aboveRecords: 1 } });
  const edit = await propose(editorId, 2);
  const headers = { 'idempotency-key': newId('token') };
  for (let attempt = 0; attempt < 2; attempt++) {
    const first = await approve(owner, edit, {}, headers);
    expect(first).toMatchObject({ status: 200 });
    expect(first.headers.get('operation-id')).toBeNull();
    expect(PartialApproval.parse(first.body)).toMatchObject({
      editId: edit.editId,
      approval: { state: 'open', personsNeeded: 2, missing: 1, decisions: [{ by: ownerId, via: 'session' }] },
    });
  }
  expect(await view(edit)).toMatchObject({ state: 'proposed', approval: { missing: 1 } });
  const differs = await approve(admin, edit, { only: [0] });
  expect(differs).toMatchObject({ status: 409, body: { code: 'approval_terms_differ' } });

  const second = await approve(admin, edit, {}, headers);
  expect(second).toMatchObject({ status: 202, body: { operation: 'applyEdit' } });
  expect((await approve(admin, edit, {}, headers)).body['id']).toBe(second.body['id']);
  expect(await view(edit)).toMatchObject({
    state: 'approved',
    operationId: second.body['id'],
    approval: { state: 'approved', missing: 0 },
  });
});

it('of approvals and rejections at once one wins; the others get a 409 and are in the trail', async () => {
  const edit = await propose();
  const replies = await Promise.all([
    approve(owner, edit),
    approve(admin, edit),
    owner.post(`/v1/edits/${edit.editId}/reject`, { reason: 'no' }),
    admin.post(`/v1/edits/${edit.editId}/reject`, {}),
  ]);
  const won = replies.filter((reply) => reply.status < 300);
  const lost = replies.filter((reply) => reply.status === 409);
  expect([won.length, lost.length]).toEqual([1, 3]);
  const { state } = await view(edit);
  expect(lost.map((reply) => reply.body['code'])).toEqual(Array(3).fill(`edit_${state}`));
  const refusals = (await world.audit(edit.editId)).filter((row) => row.action === 'edit.decision_refused');
  expect(refusals.map((row) => row.details['code'])).toEqual(Array(3).fill(`edit_${state}`));
});

it('an agent’s token does not approve what it proposed, nor by a token that it made', async () => {
  const agent = await tokenOf(owner, ['workspaces:read', 'edits:propose', 'edits:approve', 'tokens:write']);
  const edit = await propose(ownerId);
  const another = await tokenOf(agent, ['edits:approve']);
  for (const api of [agent, another])
    expect(await approve(api, edit)).toMatchObject({ status: 403, body: { code: 'own_proposal' } });
  const wished = { name: 'More', workspaceId: world.workspaceId, scopes: ['edits:approveOwn'] };
  expect((await agent.post('/v1/tokens', wished)).status).toBe(403);
  expect((await agent.request('PUT', at('approval-rules'), {})).status).toBe(403);
  expect((await approve(owner, edit)).status).toBe(202);
});

it('side effects are asked about once for a connection, in words that say what to do', async () => {
  await world.edit.server.database.admin.query('DELETE FROM connection_consents');
  const edit = await propose();
  expect((await view(edit)).approval).toMatchObject({ sideEffects: 'unacknowledged' });
  expect(await approve(owner, edit)).toMatchObject({
    status: 409,
    body: {
      code: 'consent_required',
      detail: expect.stringContaining('acknowledgeSideEffects: true') as string,
    },
  });
  const consents = at(`connections/${world.connectionId}/consents`);
  expect((await editor.post(consents, { sideEffects: true })).status).toBe(403);
  expect((await owner.post(consents, {})).status).toBe(422);
  expect(
    (await owner.post(at(`connections/${newId('connection')}/consents`), { sideEffects: true })).status,
  ).toBe(404);
  expect((await stranger.post(consents, { sideEffects: true })).status).toBe(404);
  expect(await owner.post(consents, { sideEffects: true })).toMatchObject({
    status: 200,
    body: { by: ownerId },
  });
  expect((await approve(owner, edit)).status).toBe(202);
  expect((await view(edit)).approval).toMatchObject({ sideEffects: 'acknowledged' });
});

it('an approval can consent itself', async () => {
  await world.edit.server.database.admin.query('DELETE FROM connection_consents');
  expect((await approve(owner, await propose(), { acknowledgeSideEffects: true })).status).toBe(202);
  expect((await approve(owner, await propose())).status).toBe(202);
});

it('a rejection says why, to everybody who reads the edit', async () => {
  const edit = await propose();
  const rejected = await owner.post(`/v1/edits/${edit.editId}/reject`, { reason: 'Not before Friday' });
  expect(rejected).toMatchObject({
    status: 200,
    body: { state: 'rejected', approval: { reason: 'Not before Friday' } },
  });
});

describe('the rules', () => {
  it('are the defaults until somebody sets them, whole, and are in the trail', async () => {
    await world.edit.server.database.admin.query('DELETE FROM approval_rules');
    const before = ApprovalRulesView.parse((await editor.get(at('approval-rules'))).body);
    expect(before).toEqual({ ...ApprovalRules.parse({}), updatedBy: null, updatedAt: null });
    const set = await owner.request('PUT', at('approval-rules'), {
      expiresInHours: 1,
      proposerMayApprove: false,
    });
    expect(set).toMatchObject({
      status: 200,
      body: { expiresInHours: 1, proposerMayApprove: false, updatedBy: ownerId },
    });
    await owner.request('PUT', at('approval-rules'), {});
    expect((await owner.get(at('approval-rules'))).body).toMatchObject({
      expiresInHours: 72,
      proposerMayApprove: true,
    });
    expect(
      (await world.audit(world.workspaceId)).filter((row) => row.actor === ownerId).slice(-2),
    ).toMatchObject([
      { action: 'approval_rules.changed', details: { expiresInHours: 1, proposerMayApprove: false } },
      { action: 'approval_rules.changed', details: { expiresInHours: 72 } },
    ]);
  });

  it.each([
    [{ expiresInHours: 0 }],
    [{ expiresInHours: 721 }],
    [{ approvers: { roles: [] } }],
    [{ approvers: { roles: ['editor'] } }],
    [{ autoApprove: { maxRecords: 0, kinds: ['update'] } }],
    [{ autoApprove: { maxRecords: 5, kinds: [] } }],
    [{ twoPersons: { aboveRecords: -1 } }],
    [{ threePersons: true }],
  ])('are refused as %j', async (rules) => {
    expect(await owner.request('PUT', at('approval-rules'), rules)).toMatchObject({ status: 422 });
  });

  it('are set by owners and admins only, and seen by members only', async () => {
    expect((await admin.request('PUT', at('approval-rules'), {})).status).toBe(200);
    expect((await editor.request('PUT', at('approval-rules'), {})).status).toBe(403);
    for (const method of ['GET', 'PUT'])
      expect(
        (await stranger.request(method, at('approval-rules'), method === 'PUT' ? {} : undefined)).status,
      ).toBe(404);
  });
});

it('what waits is listed for those who may approve it, page by page', async () => {
  await world.edit.server.database.admin.query(`UPDATE approvals SET state = 'expired' WHERE state = 'open'`);
  const edits = [await propose(), await propose()];
  const first = await owner.get(at('approvals?limit=1'));
  expect(first).toMatchObject({
    status: 200,
    body: { approvals: [{ editId: edits[0]?.editId, missing: 1 }] },
  });
  const next = await owner.get(at(`approvals?limit=1&cursor=${String(first.body['nextCursor'])}`));
  expect(next.body).toMatchObject({ approvals: [{ editId: edits[1]?.editId, hash: edits[1]?.hash }] });
  expect((await editor.get(at('approvals'))).body).toEqual({ approvals: [], nextCursor: null });
  expect((await stranger.get(at('approvals'))).status).toBe(404);
});

it('an edit of another workspace is not there', async () => {
  const edit = await propose();
  const foreign = await approve(stranger, edit);
  const nowhere = await approve(stranger, { ...edit, editId: newId('edit') });
  for (const reply of [foreign, nowhere])
    expect(reply).toMatchObject({ status: 404, body: { code: 'not_found' } });
});
