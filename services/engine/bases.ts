import type { Tx } from '../database/database';
import { readBase, touchSchema } from './base-rows';
import { invalidRequest } from './engine-error';
import { isEngineId } from './engine-ids';
import type { BasePlace } from './place';
import type { EngineBase } from './schema';
import { orderFields } from './schema-rows';
import { BaseInput } from './schema-shapes';
import { parseBody } from './body';
import { addField, addTable, splitLinks, tableOf } from './schema-writing';

/** What a new base is made of. A link field's `linkedTableId` may be the name of a table of the same base. */
export interface NewBase {
  readonly name: string;
  readonly tables: readonly unknown[];
}

/** Makes the base of the place with its tables, links last. Throws EngineError when the input is not valid or the id is taken. */
export async function createBase(place: BasePlace, input: NewBase): Promise<EngineBase> {
  const { tx, workspaceId, baseId, now } = place;
  const { name, tables } = parseBody(BaseInput, input);
  if (!isEngineId('app', baseId)) throw invalidRequest('a base id looks like appXXXXXXXXXXXXXX');
  const added = await tx.query(
    'INSERT INTO engine_bases (workspace_id, id, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [workspaceId, baseId, name, now],
  );
  if (added.rowCount === 0) throw invalidRequest('there is a base with that id already');
  const split = tables.map(splitLinks);
  for (const { plain } of split) await addTable(place, await readBase(place), plain);
  for (const { plain, later } of split) {
    for (const field of later) {
      const base = await readBase(place);
      await addField(place, base, tableOf(base, plain.name), field);
    }
  }
  const made = await readBase(place);
  for (const { name, fields } of tables) {
    const names = fields.map((field) => field.name);
    await orderFields(place, tableOf(made, name).id, names);
  }
  await touchSchema(place);
  return readBase(place);
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
