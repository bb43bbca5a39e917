import { Client } from 'pg';
import { z } from 'zod';
import type { ItemCells } from '../plan/shapes';
import type { Base } from './base';
import { readCells } from './base';

/** One record's part of a write that the base accepted. */
export interface LoggedWrite {
  /** In the order in which a base took them; several records of one request share it. */
  readonly seq: number;
  readonly at: number;
  readonly by: 'product' | 'human' | 'nobody known';
  readonly kind: 'create' | 'update' | 'delete';
  readonly recordId: string;
  /** The record's name where the write gives it one. */
  readonly name: string | null;
  readonly cells: ItemCells;
  /** Cells that the write empties. */
  readonly emptied: readonly string[];
  /** The proxy's number of the request; null for what did not come that way. */
  readonly request: number | null;
}

/** Requests that are read from the log at a time. */
const PAGE = 2_000;

const Row = z.object({
  seq: z.coerce.number(),
  at: z.date(),
  token_id: z.string(),
  method: z.string(),
  path: z.string(),
  request: z.unknown(),
  result: z.unknown(),
});
const Request = z.object({
  performUpsert: z.unknown().optional(),
  records: z.array(z.object({ fields: z.record(z.string(), z.unknown()) })),
});
/** The record whose cell got another file. */
const Uploaded = z.object({ id: z.string(), fields: z.unknown() });
const Result = z.object({
  records: z.array(z.object({ id: z.string(), deleted: z.boolean().optional() })),
  createdRecords: z.array(z.string()).optional(),
});

/**
 * Every accepted write to the table Items of a base, from the append-only log of what plays Airtable. `tokens`: whose id is
 * whose. `tag`: the parameter by which the proxy numbered requests.
 */
export async function readLog(
  databaseUrl: string,
  base: Base,
  tokens: { readonly product: string; readonly human: string },
  tag: string,
): Promise<LoggedWrite[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const writes: LoggedWrite[] = [];
    for (let after = '-1', more = true; more;) {
      const { rows } = await client.query<{ seq: string }>(
        `SELECT seq, at, token_id, method, path, request, result FROM engine_requests
         WHERE base_id = $1 AND method <> 'GET' AND seq > $2 ORDER BY seq LIMIT $3`,
        [base.id, after, PAGE],
      );
      for (const row of rows) writes.push(...writesOf(Row.parse(row), base, tokens, tag));
      after = rows.at(-1)?.seq ?? after;
      more = rows.length === PAGE;
    }
    return writes;
  } finally {
    await client.end();
  }
}

function writesOf(
  row: z.infer<typeof Row>,
  base: Base,
  tokens: { readonly product: string; readonly human: string },
  tag: string,
): LoggedWrite[] {
  const url = new URL(row.path, 'http://airtable');
  const [, , baseId, table, , call] = url.pathname.split('/');
  if (baseId !== base.id) return [];
  const numbered = url.searchParams.get(tag);
  const common = {
    seq: row.seq,
    at: row.at.getTime(),
    by:
      (['product', 'human'] as const).find((who) => tokens[who] === row.token_id) ??
      ('nobody known' as const),
    request: numbered === null ? null : Number(numbered),
  };
  if (call === 'uploadAttachment') {
    const uploaded = Uploaded.safeParse(row.result).data;
    if (!uploaded) return [];
    return [
      { ...common, kind: 'update' as const, recordId: uploaded.id, name: null, cells: {}, emptied: [] },
    ];
  }
  if (table !== base.tableIds.Items && table !== 'Items') return [];
  const result = Result.safeParse(row.result).data;
  if (!result) return [];
  if (row.method === 'DELETE')
    return result.records.map(({ id }) => ({
      ...common,
      kind: 'delete' as const,
      recordId: id,
      name: null,
      cells: {},
      emptied: [],
    }));
  const request = Request.safeParse(row.request).data;
  const created = new Set(
    result.createdRecords ?? (row.method === 'POST' ? result.records.map((r) => r.id) : []),
  );
  return result.records.map(({ id }, index) => {
    const given = Object.entries(request?.records[index]?.fields ?? {});
    const fields = Object.fromEntries(given.map(([key, value]) => [base.fieldNames.get(key) ?? key, value]));
    const empty = Object.entries(fields).filter(
      ([, value]) => value === null || value === '' || (Array.isArray(value) && value.length === 0),
    );
    return {
      ...common,
      kind: created.has(id) ? ('create' as const) : ('update' as const),
      recordId: id,
      name: typeof fields['Name'] === 'string' ? fields['Name'] : null,
      cells: readCells(fields, (linked) => base.nameOf(linked) ?? linked),
      emptied: empty.map(([name]) => name),
    };
  });
}
