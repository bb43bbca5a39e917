import { createHash } from 'node:crypto';
import { SagatableError } from '../../contracts/errors';
import type { CreatedToken, TokenView } from '../../contracts/identity';
import { ROLE_SCOPES } from '../../contracts/roles';
import type { Scope } from '../../contracts/scopes';
import type { Role } from '../../contracts/workspaces';
import { oneRow, type Database, type PreparedStatement, type Tx } from '../database/database';
import { newId, randomText } from '../ids';

/** Tells a personal access token from other bearers, for us and for secret scanners. */
export const TOKEN_PREFIX = 'pat_';
/** What the built-in connection to the engine needs. */
const ENGINE_SCOPES: readonly Scope[] = [
  'data.records:read',
  'data.records:write',
  'data.recordComments:read',
  'data.recordComments:write',
  'schema.bases:read',
  'schema.bases:write',
  'webhook:manage',
];

export interface NewToken {
  readonly userId: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresInDays: number;
}

export interface AuthenticatedToken {
  readonly tokenId: string;
  readonly userId: string;
  readonly workspaceId: string;
  /** Those of the token that the holder's role still includes. */
  readonly scopes: readonly Scope[];
  /** What the holder is in the workspace at this moment; null for the engine's own that has outlived its member. */
  readonly role: Role | null;
}

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly scopes: Scope[];
  readonly purpose: 'person' | 'engine';
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

/** What a request with a token needs to know; the role is null for who is no longer a member. */
type Holder = Pick<Row, 'id' | 'user_id' | 'workspace_id' | 'scopes' | 'purpose' | 'last_used_at'> & {
  readonly role: Role | null;
};

/** No row for a token that is unknown or expired, nor while its workspace is being deleted. */
const FIND_HOLDER: PreparedStatement = {
  name: 'token holder',
  text: `SELECT t.id, t.user_id, t.workspace_id, t.scopes, t.purpose, t.last_used_at, m.role
    FROM personal_tokens t JOIN workspaces w ON w.workspace_id = t.workspace_id
      LEFT JOIN memberships m ON m.workspace_id = t.workspace_id AND m.user_id = t.user_id
    WHERE t.digest = $1 AND w.closed_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())`,
};

/** The token is 256 bits of chance: a plain digest suffices, and an index finds it. */
const digestOf = (token: string) => createHash('sha256').update(token).digest();
const mint = () => TOKEN_PREFIX + randomText(43);

/** Personal access tokens: shown once, kept as digests. Every `tx` is one of `db.system`. */
export function createPersonalTokens({ db }: { readonly db: Database }) {
  async function insert(
    tx: Tx,
    token: string,
    purpose: Row['purpose'],
    t: Omit<NewToken, 'expiresInDays'>,
    days: number | null,
  ) {
    const sql = `INSERT INTO personal_tokens (id, user_id, workspace_id, name, digest, scopes, purpose, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8)) RETURNING *`;
    const values = [
      newId('token'),
      t.userId,
      t.workspaceId,
      t.name,
      digestOf(token),
      [...t.scopes],
      purpose,
      days,
    ];
    return oneRow(await tx.query<Row>(sql, values));
  }

  return {
    /** The only answer that holds the token itself. Whether the user may is the caller's question. */
    async create(tx: Tx, t: NewToken): Promise<{ view: TokenView; token: CreatedToken['token'] }> {
      const token = mint();
      return { view: viewOf(await insert(tx, token, 'person', t, t.expiresInDays)), token };
    },

    /** For Sagatable's own connection to the engine: never listed, without expiry, removed with its workspace. */
    async mintEngineToken(
      tx: Tx,
      { workspaceId, userId }: { workspaceId: string; userId: string },
    ): Promise<string> {
      const token = mint();
      await insert(
        tx,
        token,
        'engine',
        { userId, workspaceId, name: 'Built-in engine', scopes: ENGINE_SCOPES },
        null,
      );
      return token;
    },

    /** Newest first. `only` narrows to one workspace; `after` is the id that the page before ended with. */
    async list(
      userId: string,
      { limit, after, only }: { limit: number; after?: string | undefined; only?: string | null },
    ): Promise<{ tokens: TokenView[]; nextCursor: string | null }> {
      const sql = `SELECT * FROM personal_tokens WHERE user_id = $1 AND purpose = 'person'
          AND ($2::text IS NULL OR workspace_id = $2)
          AND ($3::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM personal_tokens WHERE id = $3 AND user_id = $1))
        ORDER BY created_at DESC, id DESC LIMIT $4`;
      const { rows } = await db.system((tx) =>
        tx.query<Row>(sql, [userId, only ?? null, after ?? null, limit + 1]),
      );
      const tokens = rows.slice(0, limit).map(viewOf);
      return { tokens, nextCursor: rows.length > limit ? (tokens.at(-1)?.id ?? null) : null };
    },

    /** Throws NotFound, for another user's token as well. `only` narrows to one workspace. */
    async revoke(tx: Tx, userId: string, tokenId: string, only: string | null = null): Promise<TokenView> {
      const sql = `DELETE FROM personal_tokens WHERE id = $1 AND user_id = $2 AND purpose = 'person'
        AND ($3::text IS NULL OR workspace_id = $3) RETURNING *`;
      const row = (await tx.query<Row>(sql, [tokenId, userId, only])).rows[0];
      if (!row) throw new SagatableError('NotFound', 'There is no such token.');
      return viewOf(row);
    },

    /** All of a workspace, the engine's own included. */
    async removeTokensOf(tx: Tx, workspaceId: string): Promise<void> {
      await tx.query('DELETE FROM personal_tokens WHERE workspace_id = $1', [workspaceId]);
    },

    /** Who a bearer is; null for one that is unknown, expired, or whose holder has left the workspace. */
    async authenticateToken(bearer: string): Promise<AuthenticatedToken | null> {
      if (!bearer.startsWith(TOKEN_PREFIX)) return null;
      const [row] = await db.lookUp<Holder>(FIND_HOLDER, [digestOf(bearer)]);
      if (!row || (row.purpose === 'person' && row.role === null)) return null;
      // Once a minute is exact enough, and spares a write with every request.
      if (row.last_used_at === null || Date.now() - row.last_used_at.getTime() > 60_000) {
        await db.system((tx) =>
          tx.query('UPDATE personal_tokens SET last_used_at = now() WHERE id = $1', [row.id]),
        );
      }
      const granted = row.purpose === 'engine' || row.role === null ? null : ROLE_SCOPES[row.role];
      const scopes = row.scopes.filter((scope) => granted === null || granted.includes(scope));
      const { id: tokenId, user_id: userId, workspace_id: workspaceId, role } = row;
      return { tokenId, userId, workspaceId, scopes, role };
    },
  };
}

export type PersonalTokens = ReturnType<typeof createPersonalTokens>;

function viewOf(row: Row): TokenView {
  return {
    id: row.id,
    name: row.name,
    workspaceId: row.workspace_id,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    // Only the engine's own have none, and those are never shown.
    expiresAt: (row.expires_at ?? new Date(8.64e15)).toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}
