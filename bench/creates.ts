import type { Client } from 'pg';
import { newEngineId } from '../services/engine/engine-ids';
import { createEngineClient, type EngineClient } from './engine-client';
import { filmCells } from './films';
import type { MeasuredTable } from './measured-base';
import { connect } from './plain-table';
import { summarize, type Summary } from './statistics';

const CLIENTS = 4;
const BATCH = 10;

export interface CreateResult {
  readonly records: number;
  /** Records per second through the API and by hand-written INSERTs, over all rounds. */
  readonly engine: number;
  readonly inserts: number;
  readonly ratio: number;
  /** The ratio of each round. */
  readonly rounds: readonly number[];
  /** Milliseconds of one request, and of one INSERT, of ten records. */
  readonly requestMs: Summary;
  readonly insertMs: Summary;
}

const INSERT = `INSERT INTO engine_records (workspace_id, base_id, table_id, id, created_time, cells) VALUES ${Array.from(
  { length: BATCH },
  (_, i) => `($1, $2, $3, $${4 + 3 * i}, $${5 + 3 * i}, $${6 + 3 * i})`,
).join(', ')}`;

/** Gives batches of film numbers to `CLIENTS` workers until none is left; returns the seconds and each batch's milliseconds. */
async function race(
  batches: number,
  first: number,
  work: (client: number, films: number[]) => Promise<unknown>,
): Promise<{ seconds: number; latencies: number[] }> {
  const latencies: number[] = [];
  let next = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      while (next < batches) {
        const from = first + next++ * BATCH;
        const sent = performance.now();
        await work(
          client,
          Array.from({ length: BATCH }, (__, i) => from + i),
        );
        latencies.push(performance.now() - sent);
      }
    }),
  );
  return { seconds: (performance.now() - begun) / 1000, latencies };
}

function createByApi(clients: readonly EngineClient[], table: MeasuredTable) {
  const path = `/${table.baseId}/${table.tableId}`;
  return async (client: number, films: number[]) => {
    const body = { records: films.map((n) => ({ fields: filmCells(n) })) };
    await clients[client]?.send('POST', path, body);
  };
}

/** A connection as an application of one workspace has it: under row-level security. */
async function connectToWorkspace(databaseUrl: string, workspaceId: string): Promise<Client> {
  const connection = await connect(databaseUrl);
  await connection.query('SET ROLE sagatable_app');
  await connection.query("SELECT set_config('app.workspace', $1, false)", [workspaceId]);
  return connection;
}

function createByInsert(connections: readonly Client[], table: MeasuredTable) {
  return async (client: number, films: number[]) => {
    const now = new Date().toISOString();
    const rows = films.flatMap((n) => [newEngineId('rec'), now, JSON.stringify(table.stored(filmCells(n)))]);
    const values = [table.workspaceId, table.baseId, table.tableId, ...rows];
    await connections[client]?.query({ name: 'insert', text: INSERT, values });
  };
}

/**
 * Creates `records` records by requests of ten from four clients on one base, and the same rows in the same table, in another
 * base, by prepared INSERTs of ten rows on four connections, each its own commit. The two take turns, round by round, after
 * one round that does not count.
 */
export async function measureCreates(
  at: { readonly url: string; readonly token: string; readonly databaseUrl: string },
  tables: { readonly engine: MeasuredTable; readonly inserts: MeasuredTable },
  { records, rounds }: { readonly records: number; readonly rounds: number },
): Promise<CreateResult> {
  const clients = Array.from({ length: CLIENTS }, () => createEngineClient(at.url, at.token));
  const connections = await Promise.all(
    clients.map(() => connectToWorkspace(at.databaseUrl, tables.inserts.workspaceId)),
  );
  const ways = {
    engine: createByApi(clients, tables.engine),
    inserts: createByInsert(connections, tables.inserts),
  };
  const batches = Math.max(CLIENTS, Math.round(records / rounds / BATCH));
  const seconds = { engine: 0, inserts: 0 };
  const latencies = { engine: [] as number[], inserts: [] as number[] };
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const took = { engine: 0, inserts: 0 };
    for (const way of round % 2 ? (['engine', 'inserts'] as const) : (['inserts', 'engine'] as const)) {
      const one = await race(batches, round * batches * BATCH, ways[way]);
      took[way] = one.seconds;
      if (round === 0) continue;
      seconds[way] += one.seconds;
      latencies[way].push(...one.latencies);
    }
    if (round > 0) ratios.push(took.inserts / took.engine);
  }
  for (const client of clients) client.close();
  for (const connection of connections) await connection.end();
  const made = batches * BATCH * rounds;
  return {
    records: made,
    engine: made / seconds.engine,
    inserts: made / seconds.inserts,
    ratio: seconds.inserts / seconds.engine,
    rounds: ratios,
    requestMs: summarize(latencies.engine),
    insertMs: summarize(latencies.inserts),
  };
}
