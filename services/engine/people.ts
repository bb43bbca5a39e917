import type { Person } from './fields/field-type';
import type { BasePlace } from './place';

/** People by id; ids that nobody has are left out. */
export async function readPeople(
  place: BasePlace,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Person>> {
  if (ids.length === 0) return new Map();
  const found = await place.tx.query<Person & { id: string }>(
    'SELECT id, email, name, member FROM engine_people WHERE workspace_id = $1 AND id = ANY($2)',
    [place.workspaceId, ids],
  );
  return new Map(found.rows.map((person) => [person.id, person]));
}

/** Everybody whom a cell of the workspace may name. */
export async function listPeople(place: BasePlace): Promise<readonly Person[]> {
  const found = await place.tx.query<Person & { id: string }>(
    'SELECT id, email, name, member FROM engine_people WHERE workspace_id = $1 ORDER BY id',
    [place.workspaceId],
  );
  return found.rows;
}
