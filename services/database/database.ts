import { Pool, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';

/** One SQL transaction. Everything that writes takes one, so that effects and their records commit together. */
export interface Tx {
  query<R extends QueryResultRow = QueryResultRow>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>;
}

export interface Database {
  /** A transaction that sees the rows of one workspace and no other: row-level security, not habit. */
  tenant<T>(workspaceId: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A transaction across tenants: sign-in, sweepers, the engine's token look-up. Not for a caller's input. */
  system<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Throws when PostgreSQL does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a pool whose connections act as `sagatable_app`, which owns nothing and is subject to row-level
 * security. `url` names a login that may SET ROLE to it (migrations grant that to the login that ran them).
 */
export function openDatabase(url: string, poolSize: number): Database {
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    options: '-c role=sagatable_app -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000',
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined);

  async function transaction<T>(setUp: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let broken: Error | undefined;
    // A connection that is lost while it is checked out is reported here too, beside the query's own failure.
    const lost = (error: Error) => {
      broken = error;
    };
    client.on('error', lost);
    try {
      await client.query(setUp);
      const result = await work(asTx(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => (broken = rollbackError));
      throw error;
    } finally {
      client.removeListener('error', lost);
      client.release(broken);
    }
  }

  return {
    tenant(workspaceId, work) {
      if (!/^ws_[0-9A-Za-z]{22}$/.test(workspaceId)) throw new Error('tenant() wants a workspace id');
      return transaction(`BEGIN; SET LOCAL app.workspace = '${workspaceId}'`, work);
    },
    system: (work) => transaction('BEGIN; SET LOCAL ROLE sagatable_system', work),
    async ping() {
      await pool.query('SELECT 1');
    },
    close: () => pool.end(),
  };
}

function asTx(client: PoolClient): Tx {
  return { query: (sql, values) => client.query(sql, values === undefined ? undefined : [...values]) };
}

/** The only row of an answer that must have one. */
export function oneRow<R extends QueryResultRow>(result: QueryResult<R>): R {
  const row = result.rows[0];
  if (row === undefined) throw new Error('a row was expected and none came back');
  return row;
}
