import type { BasePlace } from '../place';

/** `@[usr…]` or `@[someone@example.org]`. Source: Airtable Web API, create comment, user mentioned. */
const MENTION = /@\[([^[\]\s]{1,254})\]/g;
/** More than any text needs; the rest stays plain text. */
const MAX_MENTIONS = 200;

/** A text with its mentions by id, and who they are. */
export interface MentioningText {
  readonly text: string;
  readonly mentioned: readonly string[];
}

/** Finds the members of the workspace whom a text names by id or e-mail. What names nobody stays as it is. */
export async function resolveMentions(place: BasePlace, text: string): Promise<MentioningText> {
  const named = [...new Set([...text.matchAll(MENTION)].map((match) => match[1] ?? ''))].slice(
    0,
    MAX_MENTIONS,
  );
  if (named.length === 0) return { text, mentioned: [] };
  const found = await place.tx.query<{ id: string; email: string | null }>(
    `SELECT id, lower(email) AS email FROM engine_people
     WHERE workspace_id = $1 AND member AND (id = ANY($2) OR lower(email) = ANY($3))`,
    [place.workspaceId, named, named.map((name) => name.toLowerCase())],
  );
  const ids = new Map(found.rows.flatMap(({ id, email }) => (email === null ? [] : [[email, id] as const])));
  for (const { id } of found.rows) ids.set(id, id);
  const mentioned = new Set<string>();
  const resolved = text.replace(MENTION, (whole, name: string) => {
    const id = ids.get(name) ?? ids.get(name.toLowerCase());
    if (id === undefined || !named.includes(name)) return whole;
    mentioned.add(id);
    return `@[${id}]`;
  });
  return { text: resolved, mentioned: [...mentioned] };
}
