import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../config';

const Cell = z.union([z.string(), z.number(), z.null()]);
const FilmsFile = z.object({
  source: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(Cell)),
});

/** One film as it stands in the file; null where nothing is known. */
export type Film = Readonly<Record<string, string | number | null>>;

/**
 * The 3,201 films of services/sample/films.json (made by scripts/make-films.mjs), in the file's order.
 * Throws when the file is missing or malformed.
 */
export function readFilms(file = join(projectRoot(), 'services/sample/films.json')): Film[] {
  const { columns, rows } = FilmsFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null])));
}
