import type { BasePlace } from '../engine/place';

interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Renaming {
  readonly id: string;
  readonly name: string;
}

/** The names that are in use; capitals make no difference. */
export interface Names {
  /** The wanted name, or one with a number behind it, which is in use from then on. */
  take(wanted: string): string;
}

export function createNames(taken: readonly Named[]): Names {
  const used = new Set(taken.map(({ name }) => name.toLowerCase()));
  return {
    take(wanted) {
      let name = wanted;
      for (let n = 2; used.has(name.toLowerCase()); n++) name = `${wanted} ${n}`;
      used.add(name.toLowerCase());
      return name;
    },
  };
}

/**
 * Renames tables of the base, or fields of one table (`among`), also where two exchange their names. Returns those that
 * had to be called otherwise, because something made here has the name.
 */
export async function renameAll(
  place: BasePlace,
  where: 'engine_tables' | 'engine_fields',
  among: readonly Named[],
  renamings: readonly Renaming[],
): Promise<Renaming[]> {
  if (renamings.length === 0) return [];
  const moving = new Set(renamings.map(({ id }) => id));
  const names = createNames(among.filter(({ id }) => !moving.has(id)));
  const given = renamings.map(({ id, name }) => ({ id, name: names.take(name) }));
  // Out of the way first: names are unique at every moment.
  for (const all of [given.map(({ id }) => ({ id, name: id })), given]) {
    await place.tx.query(
      `UPDATE ${where} t SET name = v.name FROM unnest($3::text[], $4::text[]) AS v(id, name)
       WHERE t.workspace_id = $1 AND t.base_id = $2 AND t.id = v.id`,
      [place.workspaceId, place.baseId, all.map(({ id }) => id), all.map(({ name }) => name)],
    );
  }
  return given.filter(({ id, name }) => renamings.some((r) => r.id === id && r.name !== name));
}
