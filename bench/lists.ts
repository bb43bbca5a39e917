import type { Client } from 'pg';
import { z } from 'zod';
import type { CellValue } from '../contracts/airtable';
import { createEngineClient } from './engine-client';
import { RATINGS } from './films';
import type { MeasuredTable } from './measured-base';
import { connect, PLAIN_TABLE } from './plain-table';
import { createRandom, summarize, type Summary } from './statistics';

const PAGE = 100;
/** Pairs of requests before the ones that count. */
const WARM_UP = 3;

/** One way to list: the parameters of the API, and the SQL that someone would write for the same by hand. */
interface ListCase {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly where: string;
  readonly values: readonly unknown[];
  readonly order: string;
}

export interface ListResult {
  readonly name: string;
  /** Milliseconds of a page over HTTP, and by hand-written SQL with its rows as JSON text. */
  readonly engineMs: Summary;
  readonly sqlMs: Summary;
  /** Of the medians. */
  readonly ratio: number;
}

/** The cases, with values that differ from round to round so that nothing can be kept from the one before. */
function casesOf(table: MeasuredTable, random: () => number): ListCase[] {
  const gross = Math.floor(random() * 4_000) / 10 + 300;
  const rating = RATINGS[Math.floor(random() * RATINGS.length)] ?? 'R';
  const number = (name: string) => `(cells->>'${table.field(name)}')::numeric`;
  const view = { view: table.viewId };
  const byVotes = { 'sort[0][field]': 'Votes', 'sort[0][direction]': 'desc' };
  const byTitle = { 'sort[0][field]': 'Title' };
  const byGross = { filterByFormula: `{Gross} >= ${gross}` };
  const byRating = { filterByFormula: `AND({Gross} >= ${gross}, {Rating} = '${rating}')` };
  const ofGross = { where: `AND ${number('Gross')} >= $4`, values: [gross] };
  const ofRating = {
    where: `AND ${number('Gross')} >= $4 AND cells->>'${table.field('Rating')}' = $5`,
    values: [gross, table.stored({ Rating: rating })[table.field('Rating')]],
  };
  const all = { where: '', values: [] };
  const votes = `${number('Votes')} DESC NULLS LAST, seq`;
  const title = `lower(cells->>'${table.field('Title')}') COLLATE "und-x-icu", seq`;
  return [
    { name: 'view', parameters: view, ...all, order: 'seq' },
    { name: 'view, sort by number', parameters: { ...view, ...byVotes }, ...all, order: votes },
    { name: 'view, sort by text', parameters: { ...view, ...byTitle }, ...all, order: title },
    { name: 'view, filter', parameters: { ...view, ...byGross }, ...ofGross, order: 'seq' },
    { name: 'view, sort, filter', parameters: { ...view, ...byVotes, ...byGross }, ...ofGross, order: votes },
    {
      name: 'view, sort, two filters',
      parameters: { ...view, ...byVotes, ...byRating },
      ...ofRating,
      order: votes,
    },
  ];
}

interface Row {
  id: string;
  created_time: Date;
  cells: Record<string, CellValue>;
}

async function listBySql(client: Client, table: MeasuredTable, one: ListCase): Promise<string> {
  const { rows } = await client.query<Row>(
    `SELECT id, created_time, cells FROM ${PLAIN_TABLE} WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 ${one.where}
     ORDER BY ${one.order} LIMIT ${PAGE}`,
    [table.workspaceId, table.baseId, table.tableId, ...one.values],
  );
  const records = rows.map(({ id, created_time: createdTime, cells }) => {
    const fields = Object.entries(cells).map(([key, value]) => [table.nameOf(key), table.shown(key, value)]);
    return { id, createdTime, fields: Object.fromEntries(fields) as Record<string, CellValue> };
  });
  return JSON.stringify({ records });
}

const Listed = z.object({ records: z.array(z.object({ id: z.string(), fields: z.unknown() })) });

/** Throws when the two have not listed the same records in the same order: then there is nothing to compare. */
function checkSame(one: ListCase, byEngine: string, bySql: string): void {
  const ids = (text: string) => Listed.parse(JSON.parse(text)).records.map((record) => record.id);
  const [engine, sql] = [ids(byEngine), ids(bySql)];
  if (engine.length === 0 || engine.join() !== sql.join())
    throw new Error(`"${one.name}": the API and the SQL listed different records`);
}

/** Lists 100 records at a time in several ways, by the API and by hand-written SQL in turns. */
export async function measureLists(
  at: { readonly url: string; readonly token: string; readonly databaseUrl: string },
  table: MeasuredTable,
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Promise<ListResult[]> {
  const client = createEngineClient(at.url, at.token);
  const connection = await connect(at.databaseUrl);
  const random = createRandom(seed);
  const times = new Map<string, { engine: number[]; sql: number[] }>();
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const one of casesOf(table, random)) {
      const text = new URLSearchParams(one.parameters).toString();
      const path = `/${table.baseId}/${table.tableId}?pageSize=${PAGE}&${text}`;
      const answers = { engine: '', sql: '' };
      const took = times.get(one.name) ?? { engine: [], sql: [] };
      times.set(one.name, took);
      for (const way of round % 2 ? (['engine', 'sql'] as const) : (['sql', 'engine'] as const)) {
        const begun = performance.now();
        answers[way] =
          way === 'engine' ? await client.send('GET', path) : await listBySql(connection, table, one);
        if (round >= 0) took[way].push(performance.now() - begun);
      }
      checkSame(one, answers.engine, answers.sql);
    }
  }
  client.close();
  await connection.end();
  return [...times].map(([name, { engine, sql }]) => {
    const [engineMs, sqlMs] = [summarize(engine), summarize(sql)];
    return { name, engineMs, sqlMs, ratio: engineMs.median / sqlMs.median };
  });
}
