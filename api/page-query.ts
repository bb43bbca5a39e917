import { z } from 'zod';

/** `?limit=&cursor=` of every list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().max(100).optional(),
});

/** The cursor of the next page: the id of the last item of a full one. */
export function nextCursor<T>(items: readonly T[], limit: number, idOf: (item: T) => string): string | null {
  const last = items.at(-1);
  return last !== undefined && items.length === limit ? idOf(last) : null;
}
