import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MAX_PAGE_SIZE } from '../../contracts/airtable';
import { EngineError } from './engine-error';
import { isStorable } from './storable-text';

/** More than any that `writeOffset` makes. */
const MAX_OFFSET = 500_000;

/** What `GET /v0/{base}/{table}` and `POST …/listRecords` may say. Source: Airtable Web API, list records. */
export const ListQuery = z.object({
  pageSize: z.number().int().min(1).max(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE),
  maxRecords: z.number().int().min(1).optional(),
  offset: z.string().max(MAX_OFFSET).optional(),
  view: z.string().max(1_000).optional(),
  sort: z
    .array(z.object({ field: z.string(), direction: z.enum(['asc', 'desc']).default('asc') }))
    .max(50)
    .default([]),
  filterByFormula: z.string().optional(),
  fields: z.array(z.string()).max(1_000).optional(),
  cellFormat: z.enum(['json', 'string']).default('json'),
  timeZone: z.string().optional(),
  userLocale: z.string().optional(),
  returnFieldsByFieldId: z.boolean().default(false),
  recordMetadata: z.array(z.string()).optional(),
});
export type ListQuery = z.infer<typeof ListQuery>;

/** Where a list goes on: after the record with these sort keys and this place in the natural order. */
export interface Position {
  readonly keys: readonly string[];
  readonly seq: string;
  /** Records given so far, which count toward maxRecords. */
  readonly given: number;
}

const Position = z.object({
  of: z.string(),
  keys: z.array(z.string().refine(isStorable)),
  seq: z.string().regex(/^\d{1,18}$/),
  given: z.number().int().nonnegative(),
});

/** What must stay the same from page to page. */
function digestOf(tableId: string, query: ListQuery): string {
  const what = JSON.stringify([tableId, query.sort, query.filterByFormula ?? '', query.view ?? '']);
  return createHash('sha256').update(what).digest('base64url').slice(0, 16);
}

/** An offset for the next page. */
export function writeOffset(tableId: string, query: ListQuery, position: Position): string {
  return `itr${Buffer.from(JSON.stringify({ of: digestOf(tableId, query), ...position })).toString('base64url')}`;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads an offset that `writeOffset` made for the same query. Throws Airtable's LIST_RECORDS_ITERATOR_NOT_AVAILABLE. */
export function readOffset(
  tableId: string,
  query: ListQuery,
  kinds: readonly ('text' | 'number')[],
): Position | undefined {
  if (query.offset === undefined || query.offset === '') return undefined;
  const text = Buffer.from(query.offset.slice(3), 'base64url').toString('utf8');
  const parsed = Position.safeParse(query.offset.startsWith('itr') ? readJson(text) : undefined);
  const position = parsed.data;
  const fits =
    position !== undefined &&
    position.of === digestOf(tableId, query) &&
    position.keys.length === kinds.length &&
    position.keys.every(
      (key, i) => kinds[i] === 'text' || /^-?(\d{1,400}(\.\d{1,400})?|Infinity)$/.test(key),
    );
  if (!fits) {
    throw new EngineError(
      422,
      'LIST_RECORDS_ITERATOR_NOT_AVAILABLE',
      'The offset is stale: start again at the first page',
    );
  }
  return position;
}
