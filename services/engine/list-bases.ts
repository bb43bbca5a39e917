import type { Tx } from '../database/database';
import { EngineError } from './engine-error';

/** Source: Airtable Web API, list bases: 1,000 a page (?). */
const PAGE_SIZE = 1_000;

export interface BasePage {
  readonly bases: { readonly id: string; readonly name: string }[];
  /** Where the next page begins; absent on the last. */
  readonly offset?: string;
}

interface Row {
  readonly id: string;
  readonly name: string;
  /** Microseconds since 1970. */
  readonly at: string;
}

function readOffset(offset: string | undefined): readonly [at: string | null, id: string | null] {
  if (offset === undefined || offset === '') return [null, null];
  const [, at, id] = /^itr(\d{1,18})-(app[0-9A-Za-z]{14})$/.exec(offset) ?? [];
  if (at === undefined || id === undefined) {
    throw new EngineError(422, 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE', 'The offset is not one of this list');
  }
  return [at, id];
}

/** One page of a workspace's bases, oldest first. Throws EngineError for an offset that is not one of these pages. */
export async function readBasePage(
  tx: Tx,
  workspaceId: string,
  offset: string | undefined,
): Promise<BasePage> {
  const [at, id] = readOffset(offset);
  const { rows } = await tx.query<Row>(
    `SELECT id, name, (extract(epoch FROM created_at) * 1000000)::bigint::text AS at FROM engine_bases
     WHERE workspace_id = $1
       AND ($2::bigint IS NULL OR (created_at, id) > (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3))
     ORDER BY created_at, id LIMIT $4`,
    [workspaceId, at, id, PAGE_SIZE + 1],
  );
  const page = rows.slice(0, PAGE_SIZE);
  const last = rows.length > PAGE_SIZE ? page.at(-1) : undefined;
  return {
    bases: page.map(({ id, name }) => ({ id, name })),
    ...(last && { offset: `itr${last.at}-${last.id}` }),
  };
}
