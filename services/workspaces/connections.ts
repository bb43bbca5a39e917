import type { Connection } from '../../contracts/workspaces';
import type { ConnectionAccess, Health } from '../airtable/gateway';
import type { SeenScopes } from '../airtable/narrowing';
import { resolveEndpoint } from '../airtable/wire/endpoint';
import type { Config } from '../config';
import type { Database, Tx } from '../database/database';
import { sealText, type KeyRing } from '../encryption';
import { changeRow, type ConnectionChanges } from './connection-changes';
import { noteHealth, noteScopes } from './connection-health';
import { foundRow, toConnection, type ConnectionRow } from './connection-rows';
import { beginTest, noteTest, type TestOutcome } from './connection-test-record';
import { openToken } from './connection-token';

export { assertNotInUse } from './connection-changes';

export interface NewConnection {
  readonly workspaceId: string;
  readonly id: string;
  readonly name: string;
  readonly kind: Connection['kind'];
  readonly url: string;
  readonly token: string;
  /** `whoami.id`, when the connection was tested; then what else the test found. */
  readonly airtableUser?: string | null;
  readonly scopes?: readonly string[] | null;
  readonly baseCount?: number | null;
  readonly writable: boolean;
  /** Requests/s of each base; the usual part when absent. The engine has none. */
  readonly share?: number | undefined;
  readonly monthlyCalls?: number | null;
}

/** What the gateway is given, with the scopes and version of the token. */
export interface StoredAccess extends ConnectionAccess {
  readonly tokenVersion: number;
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
  /** See `changeRow` for what it refuses. */
  change(tx: Tx, workspaceId: string, id: string, changes: ConnectionChanges): Promise<Connection>;
  /** The token in clear. Throws NotFound, or Unavailable `connection_token_unreadable` when its key is gone. */
  tokenOf(workspaceId: string, id: string): Promise<string>;
  /** All that the gateway needs; throws as `tokenOf`. */
  accessOf(workspaceId: string, id: string): Promise<StoredAccess>;
  /** In a transaction of its own: what was seen of a connection stays true when the work around it is rolled back. */
  recordHealth(workspaceId: string, id: string, health: Health, tokenVersion?: number): Promise<void>;
  /** Compares the token's scopes with those stored; answers with the ones that were lost. Throws NotFound. */
  recordScopes(
    workspaceId: string,
    id: string,
    seen: SeenScopes,
    tokenVersion?: number,
  ): Promise<readonly string[]>;
  /** False while another test of this connection was begun less than 5 s ago: its answer is the stored one. */
  beginTest(workspaceId: string, id: string): Promise<boolean>;
  /** Stores what a test found; nothing when the token was replaced meanwhile. Throws NotFound. */
  recordTest(
    workspaceId: string,
    id: string,
    outcome: TestOutcome,
    tokenVersion: number,
  ): Promise<Connection>;
}

interface ConnectionsOptions {
  readonly db: Database;
  readonly keyRing: KeyRing;
  readonly config: Pick<Config, 'apiUrl' | 'airtableHosts'>;
}

/** How workspaces reach Airtable endpoints, the engine among them. */
export function createConnections({ db, keyRing, config }: ConnectionsOptions): Connections {
  /** The engine is where this server is now, wherever it was when the connection was made. */
  const urlOf = (row: ConnectionRow) => (row.kind === 'engine' ? config.apiUrl : row.url);
  const viewOf = (row: ConnectionRow): Connection => toConnection(row, urlOf(row));
  const keyOf = (workspaceId: string, id: string) => ({ workspace_id: workspaceId, id });

  async function rowOf(workspaceId: string, id: string): Promise<ConnectionRow> {
    const sql = 'SELECT * FROM connections WHERE workspace_id = $1 AND id = $2';
    return foundRow(await db.tenant(workspaceId, (tx) => tx.query<ConnectionRow>(sql, [workspaceId, id])));
  }

  return {
    async insert(tx, { workspaceId, id, name, kind, url, token, writable, ...more }) {
      const endpoint = resolveEndpoint(config, kind === 'engine' ? config.apiUrl : url);
      const result = await tx.query<ConnectionRow>(
        `INSERT INTO connections (workspace_id, id, name, kind, url, token_sealed, writable, airtable_user, scopes,
           base_count, share, monthly_calls, health, tested_at, health_checked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $13 THEN 'ok' ELSE 'unknown' END,
           CASE WHEN $13 THEN now() END, CASE WHEN $13 THEN now() END) RETURNING *`,
        [
          workspaceId,
          id,
          name,
          kind,
          endpoint.url,
          sealText(keyRing, token, id),
          writable,
          more.airtableUser ?? null,
          more.scopes ?? null,
          more.baseCount ?? null,
          more.share ?? null,
          more.monthlyCalls ?? null,
          typeof more.airtableUser === 'string',
        ],
      );
      return viewOf(foundRow(result));
    },

    async list(workspaceId) {
      const sql = 'SELECT * FROM connections WHERE workspace_id = $1 ORDER BY created_at, id';
      const { rows } = await db.tenant(workspaceId, (tx) => tx.query<ConnectionRow>(sql, [workspaceId]));
      return rows.map(viewOf);
    },

    get: async (workspaceId, id) => viewOf(await rowOf(workspaceId, id)),

    async remove(tx, workspaceId, id) {
      const sql = 'DELETE FROM connections WHERE workspace_id = $1 AND id = $2';
      return (await tx.query(sql, [workspaceId, id])).rowCount === 1;
    },

    async setWritable(tx, workspaceId, id, writable) {
      const sql = 'UPDATE connections SET writable = $3 WHERE workspace_id = $1 AND id = $2 RETURNING *';
      return viewOf(foundRow(await tx.query<ConnectionRow>(sql, [workspaceId, id, writable])));
    },

    change: async (tx, workspaceId, id, changes) =>
      viewOf(await changeRow(keyRing, tx, { workspaceId, id }, changes)),

    tokenOf: async (workspaceId, id) => openToken({ db, keyRing }, await rowOf(workspaceId, id)),

    async accessOf(workspaceId, id) {
      const row = await rowOf(workspaceId, id);
      return {
        url: urlOf(row),
        token: await openToken({ db, keyRing }, row),
        tokenVersion: row.token_version,
        airtableUser: row.airtable_user,
        writable: row.writable,
        health: row.health,
        share: row.share,
      };
    },

    recordHealth: (workspaceId, id, health, tokenVersion) =>
      noteHealth(db, keyOf(workspaceId, id), health, tokenVersion),
    recordScopes: (workspaceId, id, seen, tokenVersion) =>
      noteScopes(db, keyOf(workspaceId, id), seen, tokenVersion),
    beginTest: (workspaceId, id) => beginTest(db, keyOf(workspaceId, id)),
    recordTest: async (workspaceId, id, outcome, tokenVersion) =>
      viewOf(await noteTest(db, keyOf(workspaceId, id), outcome, tokenVersion)),
  };
}
