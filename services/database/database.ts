import { Pool, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';

/**
 * A statement that each connection parses once and keeps under this name: for what most requests ask. It names its columns:
 * a `*` would fail on open connections once a migration adds one.
 */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** One SQL transaction. Everything that writes takes one, so that effects and their records commit together. */
export interface Tx {
  query<R extends QueryResultRow = QueryResultRow>(
    sql: string | PreparedStatement,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>;
  /**
   * Writes without waiting: the statement leaves together with the next one that is waited for, the commit at the latest.
   * When it fails, so do those after it, and the transaction is rolled back and throws the failure.
   */
  send(sql: string | PreparedStatement, values?: readonly unknown[]): void;
}

export interface TransactionKind {
  /** It cannot write and sees one moment throughout; its result is there before its end is. */
  readonly readOnly?: boolean;
  /** False: its commit does not wait for the disk. Only for what does no harm when the last moment before a power cut lacks it. */
  readonly durable?: boolean;
}

export interface Database {
  /** A transaction that sees the rows of one workspace and no other: row-level security, not habit. */
  tenant<T>(workspaceId: string, work: (tx: Tx) => Promise<T>, kind?: TransactionKind): Promise<T>;
  /** A transaction across tenants: sign-in, sweepers. Not for a caller's input. */
  system<T>(work: (tx: Tx) => Promise<T>, kind?: TransactionKind): Promise<T>;
  /** The rows of one statement across tenants that only reads: what every request asks, such as whose a token is. */
  lookUp<R extends QueryResultRow>(statement: PreparedStatement, values: readonly unknown[]): Promise<R[]>;
  /** Throws when PostgreSQL does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The connection broke under a statement: it was not answered, and whether it was carried out is not known. */
export class ConnectionLost extends Error {
  readonly code = 'ECONNRESET';

  constructor(cause: unknown) {
    super('the connection to the database was lost', { cause });
  }
}

/** PostgreSQL's own refusals and those of the network have a code; what the driver says of a broken connection has none. */
function asLost(error: unknown): Error {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return hasCode ? error : new ConnectionLost(error);
}

/** Besides the pool's own: each answers in a fraction of a millisecond. */
const LOOK_UP_CONNECTIONS = 2;

/**
 * Opens a pool whose connections act as `sagatable_app`, which owns nothing and is subject to row-level
 * security. `url` names a login that may SET ROLE to it (migrations grant that to the login that ran them).
 * Statements are pipelined: one is sent without waiting for the answer to the one before, and they are answered in order.
 */
export function openDatabase(url: string, poolSize: number): Database {
  const open = (role: string, max: number, more = '') => {
    const timeouts = '-c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000';
    const pool = new Pool({
      connectionString: url,
      max,
      options: `-c role=${role} ${timeouts} ${more}`,
      pipeline: true,
    });
    // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
    pool.on('error', () => undefined);
    return pool;
  };
  const pool = open('sagatable_app', poolSize);
  // Without BEGIN and COMMIT around it, a look-up is one message each way.
  const lookUps = open('sagatable_system', LOOK_UP_CONNECTIONS, '-c default_transaction_read_only=on');

  async function transaction<T>(
    setUp: string,
    work: (tx: Tx) => Promise<T>,
    { readOnly = false, durable = true }: TransactionKind = {},
  ): Promise<T> {
    const client = await pool.connect();
    let broken: Error | undefined;
    // A connection that is lost while it is checked out is reported here too, beside the query's own failure.
    const lost = (error: Error) => {
      broken ??= error;
    };
    client.on('error', lost);
    const release = () => {
      client.removeListener('error', lost);
      client.release(broken);
    };
    const line = openLine(client);
    try {
      // What is read later goes with what was read first: a record with the schema, a link with its record.
      const begin = readOnly ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN';
      line.send(`${begin}; ${setUp}${durable ? '' : '; SET LOCAL synchronous_commit = off'}`);
      const result = await work(line);
      const committed = line.query('COMMIT');
      if (readOnly) {
        const ended = committed.catch(lost);
        await line.arrived();
        void ended.then(release);
        return result;
      }
      const { command } = await committed;
      await line.arrived();
      // PostgreSQL answers so, and with no error, when a failure before was passed over.
      if (command !== 'COMMIT') throw new Error('the transaction had failed and was rolled back');
      release();
      return result;
    } catch (error) {
      // What the work met with on a broken connection is no answer to what it asked.
      const reason = broken && asLost(broken);
      await line.query('ROLLBACK').catch(lost);
      release();
      if (reason) throw reason;
      // What was sent first and failed is the reason why what came after it did.
      await line.arrived();
      throw error;
    }
  }

  return {
    tenant(workspaceId, work, kind) {
      if (!/^ws_[0-9A-Za-z]{22}$/.test(workspaceId)) throw new Error('tenant() wants a workspace id');
      return transaction(`SET LOCAL app.workspace = '${workspaceId}'`, work, kind);
    },
    system: (work, kind) => transaction('SET LOCAL ROLE sagatable_system', work, kind),
    async lookUp<R extends QueryResultRow>(statement: PreparedStatement, values: readonly unknown[]) {
      try {
        return (await lookUps.query<R>({ ...statement, values: [...values] })).rows;
      } catch (error) {
        throw asLost(error);
      }
    },
    async ping() {
      await pool.query('SELECT 1');
    },
    async close() {
      await Promise.all([pool.end(), lookUps.end()]);
    },
  };
}

/**
 * The statements of one transaction. Nothing is written to the socket until an answer is waited for: then all that was sent
 * until then goes in one piece, which spares system calls and waiting. `arrived` throws the first failure of what was sent.
 */
function openLine(client: PoolClient) {
  const { stream } = client.connection;
  const sent: Promise<unknown>[] = [];
  let held = false;

  function ask<R extends QueryResultRow>(
    sql: string | PreparedStatement,
    values: readonly unknown[] | undefined,
  ): Promise<QueryResult<R>> {
    if (!held) stream.cork();
    held = true;
    const statement = typeof sql === 'string' ? { text: sql } : sql;
    return client.query<R>(values === undefined ? statement : { ...statement, values: [...values] });
  }

  return {
    query<R extends QueryResultRow>(
      sql: string | PreparedStatement,
      values?: readonly unknown[],
    ): Promise<QueryResult<R>> {
      const answer = ask<R>(sql, values);
      stream.uncork();
      held = false;
      return answer;
    },
    send(sql: string | PreparedStatement, values?: readonly unknown[]): void {
      const answer = ask(sql, values);
      // `arrived` reports it; until then it counts as seen.
      answer.catch(() => undefined);
      sent.push(answer);
    },
    async arrived(): Promise<void> {
      for (const answer of sent) await answer;
    },
  };
}

/** The only row of an answer that must have one. */
export function oneRow<R extends QueryResultRow>(result: QueryResult<R>): R {
  const row = result.rows[0];
  if (row === undefined) throw new Error('a row was expected and none came back');
  return row;
}
