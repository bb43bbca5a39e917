import { SagatableError } from '../../contracts/errors';
import type { Connection } from '../../contracts/workspaces';
import { resolveEndpoint } from '../airtable/wire/endpoint';
import type { ConnectionAccess, Health } from '../airtable/gateway';
import type { Config } from '../config';
import type { Database, Tx } from '../database/database';
import { openText, sealText, type KeyRing } from '../encryption';

export interface NewConnection {
  readonly workspaceId: string;
  readonly id: string;
  readonly name: string;
  readonly kind: Connection['kind'];
  readonly url: string;
  readonly token: string;
  /** `whoami.id`, when the connection was tested. */
  readonly airtableUser?: string | null;
  readonly writable: boolean;
}

interface Row {
  readonly workspace_id: string;
  readonly id: string;
  readonly name: string;
  readonly kind: Connection['kind'];
  readonly url: string;
  readonly token_sealed: string;
  readonly airtable_user: string | null;
  readonly writable: boolean;
  readonly health: Health;
  readonly created_at: Date;
}

/** Throws Conflict `connection_in_use` while an approved edit writes through the connection, or may have to take itself back. */
export async function assertNotInUse(tx: Tx, connectionId: string): Promise<void> {
  const sql = `SELECT 'An edit is being applied' AS what FROM edits WHERE connection_id = $1 AND state IN ('approved', 'applying')
    UNION ALL SELECT 'A base is being copied' FROM copies c JOIN operations o ON o.workspace_id = c.workspace_id AND o.id = c.operation_id
      WHERE c.connection_id = $1 AND o.status NOT IN ('done', 'rolled_back', 'needs_review') LIMIT 1`;
  const use = (await tx.query<{ what: string }>(sql, [connectionId])).rows[0];
  if (!use) return;
  throw new SagatableError(
    'Conflict',
    `${use.what} through this connection: wait for it or cancel it first.`,
    { code: 'connection_in_use' },
  );
}

export interface Connections {
  /** Stores a connection with its token encrypted. Throws Forbidden `endpoint_not_allowed` for a URL that is not allowed. */
  insert(tx: Tx, connection: NewConnection): Promise<Connection>;
  /** Oldest first. */
  list(workspaceId: string): Promise<Connection[]>;
  /** Throws NotFound, for another workspace's id as well. */
  get(workspaceId: string, id: string): Promise<Connection>;
  /** False when there was none. */
  remove(tx: Tx, workspaceId: string, id: string): Promise<boolean>;
  /** Throws NotFound. */
  setWritable(tx: Tx, workspaceId: string, id: string, writable: boolean): Promise<Connection>;
  /** The token in clear. Throws NotFound, or Unavailable `connection_token_unreadable` when its key is gone. */
  tokenOf(workspaceId: string, id: string): Promise<string>;
  /** All that the gateway needs; throws as `tokenOf`. */
  accessOf(workspaceId: string, id: string): Promise<ConnectionAccess>;
  /** In a transaction of its own: what was seen of a connection stays true when the work around it is rolled back. */
  recordHealth(workspaceId: string, id: string, health: Health): Promise<void>;
}

interface ConnectionsOptions {
  readonly db: Database;
  readonly keyRing: KeyRing;
  readonly config: Pick<Config, 'apiUrl' | 'airtableHosts'>;
}

/** How workspaces reach Airtable endpoints, the engine among them. */
export function createConnections({ db, keyRing, config }: ConnectionsOptions): Connections {
  /** The engine is where this server is now, wherever it was when the connection was made. */
  const urlOf = (row: Row) => (row.kind === 'engine' ? config.apiUrl : row.url);

  const viewOf = (row: Row): Connection => ({
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    kind: row.kind,
    url: urlOf(row),
    writable: row.writable,
    health: row.health,
    createdAt: row.created_at.toISOString(),
  });

  async function rowOf(workspaceId: string, id: string): Promise<Row> {
    const sql = 'SELECT * FROM connections WHERE workspace_id = $1 AND id = $2';
    return found(await db.tenant(workspaceId, (tx) => tx.query<Row>(sql, [workspaceId, id])));
  }

  function openToken(row: Row): string {
    try {
      return openText(keyRing, row.token_sealed, row.id);
    } catch (cause) {
      throw new SagatableError(
        'Unavailable',
        'The token of this connection cannot be read: the key it was encrypted with is no longer in ENCRYPTION_KEYS, or the stored token was changed.',
        { code: 'connection_token_unreadable', retryable: false, cause },
      );
    }
  }

  return {
    async insert(tx, { workspaceId, id, name, kind, url, token, airtableUser, writable }) {
      const endpoint = resolveEndpoint(config, kind === 'engine' ? config.apiUrl : url);
      const result = await tx.query<Row>(
        `INSERT INTO connections (workspace_id, id, name, kind, url, token_sealed, airtable_user, writable, health)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *`,
        [
          workspaceId,
          id,
          name,
          kind,
          endpoint.url,
          sealText(keyRing, token, id),
          airtableUser ?? null,
          writable,
          airtableUser ? 'ok' : 'unknown',
        ],
      );
      return viewOf(found(result));
    },

    async list(workspaceId) {
      const sql = 'SELECT * FROM connections WHERE workspace_id = $1 ORDER BY created_at, id';
      const { rows } = await db.tenant(workspaceId, (tx) => tx.query<Row>(sql, [workspaceId]));
      return rows.map(viewOf);
    },

    get: async (workspaceId, id) => viewOf(await rowOf(workspaceId, id)),

    async remove(tx, workspaceId, id) {
      const sql = 'DELETE FROM connections WHERE workspace_id = $1 AND id = $2';
      return (await tx.query(sql, [workspaceId, id])).rowCount === 1;
    },

    async setWritable(tx, workspaceId, id, writable) {
      const sql = 'UPDATE connections SET writable = $3 WHERE workspace_id = $1 AND id = $2 RETURNING *';
      return viewOf(found(await tx.query<Row>(sql, [workspaceId, id, writable])));
    },

    tokenOf: async (workspaceId, id) => openToken(await rowOf(workspaceId, id)),

    async accessOf(workspaceId, id) {
      const row = await rowOf(workspaceId, id);
      return {
        url: urlOf(row),
        token: openToken(row),
        airtableUser: row.airtable_user,
        writable: row.writable,
        health: row.health,
      };
    },

    async recordHealth(workspaceId, id, health) {
      const sql = 'UPDATE connections SET health = $3 WHERE workspace_id = $1 AND id = $2';
      await db.tenant(workspaceId, (tx) => tx.query(sql, [workspaceId, id, health]));
    },
  };
}

function found(result: { readonly rows: readonly Row[] }): Row {
  const row = result.rows[0];
  if (row) return row;
  throw new SagatableError('NotFound', 'There is no such connection in this workspace.', {
    code: 'connection_not_found',
  });
}
