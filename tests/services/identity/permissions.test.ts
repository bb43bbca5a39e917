import type { Actor } from '../../../contracts/identity';
import { controlsOthersOperations, ROLE_SCOPES } from '../../../contracts/roles';
import { ALL_SCOPES, type Scope } from '../../../contracts/scopes';
import { Role } from '../../../contracts/workspaces';
import { createPermissions } from '../../../services/identity/permissions';
import { newId } from '../../../services/ids';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { createPeople } from '../../support/people';

let database: TestDatabase;
let people: ReturnType<typeof createPeople>;
let permissions: ReturnType<typeof createPermissions>;
let workspaceId: string;
const members = new Map<string, string>();
beforeAll(async () => {
  database = await createTestDatabase();
  people = createPeople(database.db);
  permissions = createPermissions({ db: database.db });
  const owner = await people.register('Owner');
  workspaceId = await people.found(owner.userId);
  members.set('owner', owner.userId);
  for (const role of Role.options.filter((r) => r !== 'owner')) {
    const user = await people.register(role);
    await people.join(workspaceId, user, role);
    members.set(role, user.userId);
  }
});
afterAll(() => database.drop());

const actor = (userId: string, over: Partial<Actor> = {}): Actor => ({
  userId,
  via: 'session',
  credentialId: newId('session'),
  scopes: ALL_SCOPES,
  workspaceId: null,
  operator: false,
  ...over,
});
const member = (role: Role, over: Partial<Actor> = {}) => actor(members.get(role) ?? '', over);

describe('a role', () => {
  // The whole matrix, so that a new scope is given to nobody by accident.
  const matrix: Readonly<Record<Scope, string>> = {
    'users:read': 'owner admin editor approver viewer',
    'users:write': 'owner admin editor approver viewer',
    'user.email:read': 'owner admin editor approver viewer',
    'workspaces:create': 'owner admin editor approver viewer',
    'tokens:write': 'owner admin editor approver viewer',
    'workspaces:read': 'owner admin editor approver viewer',
    'data.records:read': 'owner admin editor approver viewer',
    'data.recordComments:read': 'owner admin editor approver viewer',
    'schema.bases:read': 'owner admin editor approver viewer',
    'chats:write': 'owner admin editor',
    'edits:propose': 'owner admin editor',
    'operations:control': 'owner admin editor',
    'edits:approve': 'owner admin approver',
    'edits:approveOwn': 'owner admin',
    'approvalRules:write': 'owner admin',
    'audit:read': 'owner admin',
    'audit:erase': 'owner',
    'members:write': 'owner admin',
    'connections:write': 'owner admin',
    'bases:copy': 'owner admin',
    'data.records:write': 'owner admin',
    'data.recordComments:write': 'owner admin',
    'schema.bases:write': 'owner admin',
    'webhook:manage': 'owner admin',
    'workspaces:delete': 'owner',
  };

  it.each(ALL_SCOPES)('includes %s where it should and nowhere else', async (scope) => {
    const granted: string[] = [];
    for (const role of Role.options) {
      const outcome = await permissions
        .authorize(member(role), workspaceId, scope)
        .catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({ kind: 'Forbidden', code: 'missing_scope', details: { scope } });
        expect(outcome.message).toContain(scope);
      } else {
        expect(outcome).toEqual({ role, workspaceId });
        granted.push(role);
      }
    }
    expect(granted.join(' ')).toBe(matrix[scope]);
  });

  it('reaches others’ operations from admin up', () => {
    expect(Role.options.filter(controlsOthersOperations)).toEqual(['owner', 'admin']);
    expect(Object.keys(ROLE_SCOPES)).toEqual(Role.options);
  });
});

describe('a token', () => {
  it('does what both its scopes and its holder’s role include', async () => {
    const scopes: Scope[] = ['workspaces:read', 'edits:approve'];
    const token = { via: 'token' as const, scopes, workspaceId };
    await permissions.authorize(member('approver', token), workspaceId, 'edits:approve');
    const role = permissions.authorize(member('viewer', token), workspaceId, 'edits:approve');
    await expect(role).rejects.toMatchObject({
      kind: 'Forbidden',
      message: expect.stringContaining('viewer') as string,
    });
    const scope = permissions.authorize(member('owner', token), workspaceId, 'edits:propose');
    await expect(scope).rejects.toMatchObject({
      kind: 'Forbidden',
      message: expect.stringContaining('token') as string,
    });
    expect(() => permissions.requireScope(member('owner', token), 'users:read')).toThrow('users:read');
  });
});

describe('a workspace', () => {
  it('of others, of another token, unknown, malformed or being deleted is not there, in the same words', async () => {
    const owner = members.get('owner') ?? '';
    const closing = await people.found(owner);
    await database.admin.query('UPDATE workspaces SET closed_at = now() WHERE workspace_id = $1', [closing]);
    const another = await people.found(owner);
    const stranger = await people.register('Stranger');
    const tries: ReadonlyArray<readonly [Actor, string]> = [
      [actor(stranger.userId), workspaceId],
      [actor(owner, { via: 'token', workspaceId: another }), workspaceId],
      [actor(owner), newId('workspace')],
      [actor(owner), `ws_'; DROP TABLE users; --`],
      [actor(owner), closing],
    ];
    const answers = await Promise.all(
      tries.map(([who, id]) =>
        permissions.authorize(who, id, 'workspaces:read').catch((error: unknown) => error),
      ),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({
        kind: 'NotFound',
        code: 'not_found',
        message: 'There is no such workspace.',
        details: {},
      });
    }
  });
});
