import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { createActivities, type Activities } from '../../activities/create-activities';
import { createServices, type Services } from '../../services/create-services';
import { hashPassword } from '../../services/identity/passwords';
import { newId } from '../../services/ids';
import type { SagatableError } from '../../contracts/errors';
import { doStep, undoStep } from '../../services/operations/steps';
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

const STEPS = [
  'registration',
  'user',
  'profile',
  'workspace',
  'owner',
  'base',
  'connection',
  'forget registration',
];
const DOES = [
  'checkRegistration',
  'insertUser',
  'insertProfile',
  'insertWorkspace',
  'insertOwner',
  'createFirstBase',
  'connectEngine',
  'forgetRegistration',
] as const;
const UNDOS = [
  'dropRegistration',
  'removeUser',
  'removeProfile',
  'removeWorkspace',
  'removeOwner',
  'removeFirstBase',
  'disconnectEngine',
] as const;

async function stage() {
  const workspaceId = newId('workspace');
  const operationId = newId('operation');
  const passwordHash = await hashPassword('a password for tests');
  const staged = await services.db.system(async (tx) => {
    const s = await services.registrations.stageRegistration(tx, {
      email: `${randomUUID()}@example.com`,
      passwordHash,
      name: 'Test',
      workspaceId,
    });
    await services.operations.insert(tx, {
      id: operationId,
      workspaceId,
      name: 'registerUser',
      scope: 'anonymous',
      key: operationId,
      fingerprint: '',
      actor: 'anonymous',
      input: {},
      summary: 'Register',
      workflowId: operationId,
      editId: null,
      baseId: null,
    });
    return s;
  });
  return { operationId, ...staged };
}

/** Runs registerUser with the given activity failing after its real effect, and returns the order of undos. */
async function register(failing?: (typeof DOES)[number]) {
  const staged = await stage();
  const { workspaceId, operationId, registrationId, userId } = staged;
  const order: string[] = [];
  const real: Activities = createActivities(services);
  const activities: Record<string, unknown> = { ...real };
  for (const undo of UNDOS) {
    activities[undo] = async (input: never) => {
      order.push(undo);
      await real[undo](input);
    };
  }
  if (failing) {
    const act: (input: never) => Promise<unknown> = real[failing];
    activities[failing] = async (input: never) => {
      await act(input);
      throw ApplicationFailure.nonRetryable('the answer was lost', 'Upstream');
    };
  }
  const ended = await temporal.runWorkers(activities, async () => {
    const handle = await temporal.client.workflow.start('registerUser', {
      workflowId: operationId,
      taskQueue: 'operations',
      args: [
        {
          operationId,
          workspaceId,
          actor: 'anonymous',
          input: { registrationId, userId, connectionId: newId('connection') },
        },
      ],
    });
    return handle.result().then(
      () => 'done',
      () => 'failed',
    );
  });
  return { ...staged, order, ended };
}

async function rowsOf(workspaceId: string, userId: string): Promise<Record<string, number>> {
  const count = async (sql: string, id: string) =>
    Number(
      (await database.admin.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql} = $1`, [id])).rows[0]?.n,
    );
  return {
    registrations: await count('registrations WHERE user_id', userId),
    users: await count('users WHERE id', userId),
    profiles: await count('profiles WHERE user_id', userId),
    workspaces: await count('workspaces WHERE workspace_id', workspaceId),
    memberships: await count('memberships WHERE workspace_id', workspaceId),
    connections: await count('connections WHERE workspace_id', workspaceId),
    tokens: await count('personal_tokens WHERE workspace_id', workspaceId),
    bases: await count('engine_bases WHERE workspace_id', workspaceId),
  };
}
const NOTHING = {
  registrations: 0,
  users: 0,
  profiles: 0,
  workspaces: 0,
  memberships: 0,
  connections: 0,
  tokens: 0,
  bases: 0,
};

describe('registerUser', () => {
  it('makes a user, a profile and a workspace with a base and a connection', async () => {
    const { ended, workspaceId, userId, operationId } = await register();
    expect(ended).toBe('done');
    expect(await rowsOf(workspaceId, userId)).toEqual({
      registrations: 0,
      users: 1,
      profiles: 1,
      workspaces: 1,
      memberships: 1,
      connections: 1,
      tokens: 1,
      bases: 1,
    });
    const steps = await services.operations.listSteps(workspaceId, operationId);
    expect(steps.map((s) => s.step).sort()).toEqual([...STEPS].sort());
  });

  it.each(DOES.map((name, i) => [name, i] as const))(
    'whose %s fails after it took effect leaves nothing, undone newest first',
    async (failing, i) => {
      const { ended, workspaceId, userId, order } = await register(failing);
      expect(ended).toBe('failed');
      expect(order).toEqual([...UNDOS].slice(0, Math.min(i + 1, UNDOS.length)).reverse());
      expect(await rowsOf(workspaceId, userId)).toEqual(NOTHING);
    },
  );
});

describe('a step on our own stores', () => {
  const fence = () => ({
    workspaceId: newId('workspace'),
    operationId: newId('operation'),
    step: 'workspace',
  });

  it('that is repeated has its effect once and gives its first result', async () => {
    const at = fence();
    let effects = 0;
    const act = () => doStep(services.db, 'system', at, async () => ++effects);
    expect(await Promise.all([act(), act(), act()])).toEqual([1, 1, 1]);
    expect(effects).toBe(1);
  });

  it('whose worker wakes after the undo writes nothing', async () => {
    const at = fence();
    await undoStep(services.db, 'system', at, async () => undefined);
    const late = doStep(services.db, 'system', at, (tx) =>
      tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2)', [at.workspaceId, 'late']),
    );
    await expect(late).rejects.toMatchObject({ code: 'fenced' } satisfies Partial<SagatableError>);
    expect(
      (await database.admin.query('SELECT 1 FROM workspaces WHERE workspace_id = $1', [at.workspaceId]))
        .rowCount,
    ).toBe(0);
  });

  it('that is undone while it still runs waits for it and then takes it back', async () => {
    const at = fence();
    let inside: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (inside = resolve));
    let finish: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => (finish = resolve));
    const doing = doStep(services.db, 'system', at, async (tx) => {
      await tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2)', [at.workspaceId, 'slow']);
      inside();
      await mayEnd;
    });
    await begun;
    const undoing = undoStep(services.db, 'system', at, async (tx) => {
      await tx.query('DELETE FROM workspaces WHERE workspace_id = $1', [at.workspaceId]);
    });
    finish();
    await Promise.all([doing, undoing]);
    expect(
      (await database.admin.query('SELECT 1 FROM workspaces WHERE workspace_id = $1', [at.workspaceId]))
        .rowCount,
    ).toBe(0);
  });
});
