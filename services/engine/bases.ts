import type { Tx } from '../database/database';
import { readBase } from './base-rows';
import { invalidRequest } from './engine-error';
import { isEngineId, newEngineId } from './engine-ids';
import type { EngineBase } from './schema';
import { BaseInput } from './schema-shapes';
import { parseBody } from './body';
import { addField, addTable, splitLinks, tableOf } from './schema-writing';

/** What a new base is made of. A link field's `linkedTableId` may be the name of a table of the same base. */
export interface NewBase {
  /** Given where the caller must know it beforehand; else a new one. */
  readonly id?: string;
  readonly name: string;
  readonly tables: readonly unknown[];
}

/** Makes a base with its tables, links last. Throws EngineError when the input is not valid or the id is taken. */
export async function createBase(
  tx: Tx,
  workspaceId: string,
  input: NewBase,
  now: Date,
): Promise<EngineBase> {
  const { name, tables } = parseBody(BaseInput, input);
  const baseId = input.id ?? newEngineId('app');
  if (!isEngineId('app', baseId)) throw invalidRequest('a base id looks like appXXXXXXXXXXXXXX');
  const added = await tx.query(
    'INSERT INTO engine_bases (workspace_id, id, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [workspaceId, baseId, name, now],
  );
  if (added.rowCount === 0) throw invalidRequest('there is a base with that id already');
  const place = { tx, workspaceId, baseId };
  const split = tables.map(splitLinks);
  for (const { plain } of split) await addTable(place, await readBase(tx, workspaceId, baseId), plain);
  for (const { plain, links } of split) {
    for (const link of links) {
      const base = await readBase(tx, workspaceId, baseId);
      await addField(place, base, tableOf(base, plain.name), link);
    }
  }
  return readBase(tx, workspaceId, baseId);
}

/** Removes a base with all it holds; nothing when there is none. The log of its requests stays. */
export async function removeBase(tx: Tx, workspaceId: string, baseId: string): Promise<void> {
  await tx.query('DELETE FROM engine_bases WHERE workspace_id = $1 AND id = $2', [workspaceId, baseId]);
}

/** The bases of a workspace, oldest first. */
export async function listBases(tx: Tx, workspaceId: string): Promise<{ id: string; name: string }[]> {
  const found = await tx.query<{ id: string; name: string }>(
    'SELECT id, name FROM engine_bases WHERE workspace_id = $1 ORDER BY created_at, id',
    [workspaceId],
  );
  return found.rows;
}
