import { Client } from 'pg';
import { newEngineId } from '../services/engine/engine-ids';
import { filmCells } from './films';
import type { MeasuredTable } from './measured-base';

/**
 * The table that hand-written SQL works on: the columns and indexes of engine_records, without its row-level security,
 * foreign keys and triggers. So the SQL it is compared with pays for the same bytes and for nothing else.
 */
export const PLAIN_TABLE = 'bench_records';
const COLUMNS = 'workspace_id, base_id, table_id, id, created_time, cells';
/** Rows filled in by one statement. */
const CHUNK = 2_000;

/** A connection of its own, as the owner of the tables. */
export async function connect(databaseUrl: string): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  return client;
}

/** Makes the empty plain table. */
export async function makePlainTable(owner: Client): Promise<void> {
  await owner.query(`CREATE TABLE ${PLAIN_TABLE} (LIKE engine_records INCLUDING ALL)`);
}

/** Puts films into a table of the engine; their ids, in order. */
export async function fillEngineTable(owner: Client, table: MeasuredTable, rows: number): Promise<string[]> {
  // The owner is subject to row-level security as well.
  await owner.query(`SET ROLE sagatable_system`);
  const all: string[] = [];
  for (let from = 0; from < rows; from += CHUNK) {
    const numbers = Array.from({ length: Math.min(CHUNK, rows - from) }, (_, i) => from + i);
    const ids = numbers.map(() => newEngineId('rec'));
    await owner.query(
      `INSERT INTO engine_records (${COLUMNS}) SELECT $1, $2, $3, v.id, now() + v.n * interval '1 ms', v.cells
       FROM unnest($4::text[], $5::jsonb[], $6::int[]) AS v(id, cells, n) ORDER BY v.n`,
      [
        table.workspaceId,
        table.baseId,
        table.tableId,
        ids,
        numbers.map((n) => JSON.stringify(table.stored(filmCells(n)))),
        numbers,
      ],
    );
    all.push(...ids);
  }
  await owner.query('RESET ROLE');
  return all;
}

/** Puts films into a table of the engine and the same rows into the plain one, then lets PostgreSQL count and tidy up. */
export async function fillTables(owner: Client, table: MeasuredTable, rows: number): Promise<void> {
  await fillEngineTable(owner, table, rows);
  await owner.query(`GRANT SELECT, INSERT ON ${PLAIN_TABLE} TO sagatable_system; SET ROLE sagatable_system`);
  await owner.query(
    `INSERT INTO ${PLAIN_TABLE} (${COLUMNS}) SELECT ${COLUMNS} FROM engine_records WHERE base_id = $1 ORDER BY seq`,
    [table.baseId],
  );
  await owner.query('RESET ROLE');
  await owner.query(`VACUUM ANALYZE engine_records`);
  await owner.query(`VACUUM ANALYZE ${PLAIN_TABLE}`);
}
