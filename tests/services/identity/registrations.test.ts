import { createRegistrations } from '../../../services/identity/registrations';
import { createUsers } from '../../../services/identity/users';
import { createTestDatabase, type TestDatabase } from '../../support/database';

const registrations = createRegistrations();
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const stage = (email: string) =>
  database.db.system((tx) =>
    registrations.stageRegistration(tx, { email, passwordHash: 'hashed', name: 'Ada' }),
  );

describe('a registration', () => {
  it('becomes a user with a profile, and is forgotten', async () => {
    const { registrationId, userId, workspaceId } = await stage('ada@example.com');
    expect([registrationId, userId, workspaceId]).toEqual([
      expect.stringMatching(/^reg_/),
      expect.stringMatching(/^usr_/),
      expect.stringMatching(/^ws_/),
    ]);
    await database.db.system(async (tx) => {
      await registrations.insertUser(tx, registrationId);
      await registrations.insertProfile(tx, registrationId);
      await registrations.forgetRegistration(tx, registrationId);
    });
    const user = await createUsers({ db: database.db }).get(userId);
    expect(user).toMatchObject({ id: userId, email: 'ada@example.com', name: 'Ada', timeZone: 'UTC' });
    expect(
      (await database.admin.query('SELECT 1 FROM registrations WHERE id = $1', [registrationId])).rowCount,
    ).toBe(0);
  });

  it('of a taken address is a conflict, whoever comes at the same moment', async () => {
    const [first, second] = [await stage('bob@example.com'), await stage('bob@example.com')];
    const outcomes = await Promise.allSettled(
      [first, second].map((r) => database.db.system((tx) => registrations.insertUser(tx, r.registrationId))),
    );
    expect(outcomes.map((o) => o.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((o) => o.status === 'rejected')).toMatchObject({
      reason: { kind: 'Conflict', code: 'email_taken' },
    });
  });

  it('can be undone step by step, twice, and undoing it leaves the holder of the address alone', async () => {
    const [kept, undone] = [await stage('eve@example.com'), await stage('eve@example.com')];
    await database.db.system((tx) => registrations.insertUser(tx, kept.registrationId));
    for (let i = 0; i < 2; i++) {
      await database.db.system(async (tx) => {
        await registrations.removeProfile(tx, undone.userId);
        await registrations.removeUser(tx, undone.userId);
      });
    }
    const { rows } = await database.admin.query('SELECT id FROM users WHERE email = $1', ['eve@example.com']);
    expect(rows).toEqual([{ id: kept.userId }]);
    await database.db.system((tx) => registrations.removeUser(tx, kept.userId));
    expect(
      (await database.admin.query('SELECT 1 FROM users WHERE email = $1', ['eve@example.com'])).rowCount,
    ).toBe(0);
  });
});
