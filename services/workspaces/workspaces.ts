import { SagatableError } from '../../contracts/errors';
import type { Role, Workspace } from '../../contracts/workspaces';
import type { Database, Tx } from '../database/database';

interface Row {
  readonly workspace_id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: Date;
}

export interface WorkspacePage {
  readonly workspaces: Workspace[];
  /** The last id of this page when there may be more. */
  readonly nextCursor: string | null;
}

const MINE = `SELECT w.workspace_id, w.name, m.role, w.created_at FROM memberships m JOIN workspaces w USING (workspace_id)
  WHERE m.user_id = $1 AND w.closed_at IS NULL`;

/** Workspaces as their members see them. */
export function createWorkspaces({ db }: { readonly db: Database }) {
  return {
    async insertWorkspace(
      tx: Tx,
      { workspaceId, name }: { workspaceId: string; name: string },
    ): Promise<void> {
      await tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2)', [workspaceId, name]);
    },

    /** Takes members, connections, edits and chats with it; nothing happens when there is no such workspace. */
    async removeWorkspace(tx: Tx, workspaceId: string): Promise<void> {
      await tx.query('DELETE FROM workspaces WHERE workspace_id = $1', [workspaceId]);
    },

    /** Throws NotFound. */
    async rename(tx: Tx, workspaceId: string, name: string): Promise<void> {
      const sql = 'UPDATE workspaces SET name = $2 WHERE workspace_id = $1 AND closed_at IS NULL';
      if ((await tx.query(sql, [workspaceId, name])).rowCount === 0) throw noSuchWorkspace();
    },

    /** Oldest first. `only` narrows to the workspace of a token; `after` is the id that the page before ended with. */
    async listFor(
      userId: string,
      { limit, after, only }: { limit: number; after?: string | undefined; only?: string | null },
    ): Promise<WorkspacePage> {
      const sql = `${MINE} AND ($2::text IS NULL OR w.workspace_id = $2)
          AND ($3::text IS NULL OR (w.created_at, w.workspace_id) >
            (SELECT created_at, workspace_id FROM workspaces WHERE workspace_id = $3))
        ORDER BY w.created_at, w.workspace_id LIMIT $4`;
      // Across tenants by its nature; the user's own memberships are the limit.
      const { rows } = await db.system((tx) =>
        tx.query<Row>(sql, [userId, only ?? null, after ?? null, limit + 1]),
      );
      const page = rows.slice(0, limit).map(viewOf);
      return { workspaces: page, nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
    },

    /** Throws NotFound, for who is not a member as well. */
    async get(workspaceId: string, userId: string): Promise<Workspace> {
      const sql = `${MINE} AND w.workspace_id = $2`;
      const { rows } = await db.tenant(workspaceId, (tx) => tx.query<Row>(sql, [userId, workspaceId]));
      if (!rows[0]) throw noSuchWorkspace();
      return viewOf(rows[0]);
    },
  };
}

export type Workspaces = ReturnType<typeof createWorkspaces>;

const viewOf = (row: Row): Workspace => ({
  id: row.workspace_id,
  name: row.name,
  role: row.role,
  createdAt: row.created_at.toISOString(),
});

const noSuchWorkspace = () => new SagatableError('NotFound', 'There is no such workspace.');
