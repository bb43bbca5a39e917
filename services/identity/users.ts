import { SagatableError } from '../../contracts/errors';
import type { UpdateUserInput, User } from '../../contracts/identity';
import type { Database, PreparedStatement, Tx } from '../database/database';
import { verifyPassword } from './passwords';

interface Row {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly time_zone: string | null;
  readonly created_at: Date;
}

const USER = `SELECT u.id, u.email, p.name, p.time_zone, u.created_at FROM users u LEFT JOIN profiles p ON p.user_id = u.id`;

const FIND_STANDING: PreparedStatement = {
  name: 'standing of a user',
  text: 'SELECT operator FROM users WHERE id = $1',
};

/** People. They span tenants: every `tx` is one of `db.system`. */
export function createUsers({ db }: { readonly db: Database }) {
  async function read(tx: Tx, userId: string): Promise<User> {
    const row = (await tx.query<Row>(`${USER} WHERE u.id = $1`, [userId])).rows[0];
    if (!row) throw new SagatableError('NotFound', 'There is no such user.');
    return viewOf(row);
  }

  return {
    /** Throws NotFound. */
    get: (userId: string): Promise<User> => db.system((tx) => read(tx, userId)),

    /** Throws NotFound. */
    async update(tx: Tx, userId: string, { name, timeZone }: UpdateUserInput): Promise<User> {
      await tx.query(
        'UPDATE profiles SET name = coalesce($2, name), time_zone = coalesce($3, time_zone) WHERE user_id = $1',
        [userId, name ?? null, timeZone ?? null],
      );
      return read(tx, userId);
    },

    /** The user with this e-mail address and password. Throws Unauthenticated `invalid_credentials`, whichever is wrong. */
    async authenticate(email: string, password: string): Promise<string> {
      const sql = 'SELECT id, password_hash FROM users WHERE email = $1';
      const { rows } = await db.system((tx) => tx.query<{ id: string; password_hash: string }>(sql, [email]));
      const found = await verifyPassword(password, rows[0]?.password_hash ?? null);
      if (rows[0] && found) return rows[0].id;
      throw new SagatableError('Unauthenticated', 'E-mail address or password is wrong.', {
        code: 'invalid_credentials',
      });
    },

    /** What a session stands for at this moment; undefined when the account is gone. */
    async findStanding(userId: string): Promise<{ operator: boolean } | undefined> {
      const [row] = await db.lookUp<{ operator: boolean }>(FIND_STANDING, [userId]);
      return row;
    },

    /** An operator sees Temporal's Web UI, which spans all tenants. */
    async setOperator(tx: Tx, userId: string, operator: boolean): Promise<void> {
      await tx.query('UPDATE users SET operator = $2 WHERE id = $1', [userId, operator]);
    },
  };
}

export type Users = ReturnType<typeof createUsers>;

const viewOf = (row: Row): User => ({
  id: row.id,
  email: row.email,
  name: row.name ?? '',
  timeZone: row.time_zone ?? 'UTC',
  createdAt: row.created_at.toISOString(),
});
