import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { newId } from '../ids';

export interface NewRegistration {
  readonly email: string;
  readonly passwordHash: string;
  readonly name: string;
  /** Given where the operation has named its workspace already. */
  readonly workspaceId?: string;
}

export interface StagedRegistration {
  readonly registrationId: string;
  readonly userId: string;
  readonly workspaceId: string;
}

interface Row {
  readonly email: string;
  readonly password_hash: string;
  readonly name: string;
  readonly user_id: string;
}

/**
 * What a person typed when registering, kept outside Temporal, and the steps that make a user of it. Identity spans
 * tenants: every `tx` is one of `db.system`. Repeating a step is what the caller's step record prevents.
 */
export function createRegistrations() {
  async function read(tx: Tx, registrationId: string): Promise<Row> {
    const sql = 'SELECT email, password_hash, name, user_id FROM registrations WHERE id = $1';
    const row = (await tx.query<Row>(sql, [registrationId])).rows[0];
    if (!row) throw new SagatableError('NotFound', 'There is no such registration.');
    return row;
  }

  return {
    /** Stores the hashed password and mints the ids of what is to be made. */
    async stageRegistration(tx: Tx, r: NewRegistration): Promise<StagedRegistration> {
      const registrationId = newId('registration');
      const userId = newId('user');
      const workspaceId = r.workspaceId ?? newId('workspace');
      await tx.query(
        `INSERT INTO registrations (id, email, password_hash, name, user_id, workspace_id) VALUES ($1, $2, $3, $4, $5, $6)`,
        [registrationId, r.email, r.passwordHash, r.name, userId, workspaceId],
      );
      return { registrationId, userId, workspaceId };
    },

    /** Throws NotFound when the registration is gone. */
    async checkRegistration(tx: Tx, registrationId: string): Promise<void> {
      await read(tx, registrationId);
    },

    /** Throws Conflict `email_taken` when another user has the address, NotFound when the registration is gone. */
    async insertUser(tx: Tx, registrationId: string): Promise<void> {
      const { user_id, email, password_hash } = await read(tx, registrationId);
      const { rowCount } = await tx.query(
        'INSERT INTO users (id, email, password_hash) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING',
        [user_id, email, password_hash],
      );
      if (rowCount) return;
      throw new SagatableError('Conflict', 'There is an account with this e-mail address: sign in instead.', {
        code: 'email_taken',
      });
    },

    /** Undoes `insertUser`; nothing happens when there is no such user. By the user's id: the registration may be forgotten by then. */
    async removeUser(tx: Tx, userId: string): Promise<void> {
      await tx.query('DELETE FROM users WHERE id = $1', [userId]);
    },

    /** Throws NotFound when the registration is gone. */
    async insertProfile(tx: Tx, registrationId: string): Promise<void> {
      const { user_id, name } = await read(tx, registrationId);
      await tx.query('INSERT INTO profiles (user_id, name) VALUES ($1, $2)', [user_id, name]);
    },

    /** Undoes `insertProfile`; nothing happens when there is none. */
    async removeProfile(tx: Tx, userId: string): Promise<void> {
      await tx.query('DELETE FROM profiles WHERE user_id = $1', [userId]);
    },

    /** The staged hash is needed no longer. */
    async forgetRegistration(tx: Tx, registrationId: string): Promise<void> {
      await tx.query('DELETE FROM registrations WHERE id = $1', [registrationId]);
    },
  };
}

export type Registrations = ReturnType<typeof createRegistrations>;
