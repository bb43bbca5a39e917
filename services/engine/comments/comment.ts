import type { Person } from '../fields/field-type';

/** Somebody named in a comment's text. Source: Airtable Web API, user mentioned. */
export interface Mentioned {
  readonly type: 'user';
  readonly id: string;
  readonly displayName: string;
  readonly email?: string;
}

/** A comment as the API answers with it. Source: Airtable Web API, list comments. */
export interface Comment {
  readonly id: string;
  readonly text: string;
  readonly author: { readonly id: string; readonly email?: string; readonly name?: string };
  readonly createdTime: string;
  readonly lastUpdatedTime: string | null;
  readonly parentCommentId?: string;
  readonly mentioned?: Readonly<Record<string, Mentioned>>;
  readonly reactions?: readonly unknown[];
}

export interface CommentRow {
  readonly id: string;
  readonly seq: string;
  readonly author_id: string;
  readonly text: string;
  readonly mentioned: readonly string[];
  readonly parent_id: string | null;
  readonly created_time: Date;
  readonly updated_time: Date | null;
  readonly reactions: readonly unknown[];
}

type People = ReadonlyMap<string, Person>;

function authorOf(id: string, people: People): Comment['author'] {
  const { email, name } = people.get(id) ?? { email: null, name: null };
  return { id, ...(email !== null && { email }), ...(name !== null && { name }) };
}

function mentionedIn(row: CommentRow, people: People): Record<string, Mentioned> {
  const mentioned: Record<string, Mentioned> = {};
  for (const id of row.mentioned) {
    const { email = null, name = null } = people.get(id) ?? {};
    mentioned[id] = { type: 'user', id, displayName: name ?? email ?? id, ...(email !== null && { email }) };
  }
  return mentioned;
}

/** Whom an answer has to know. */
export function peopleOf(rows: readonly CommentRow[]): string[] {
  return [...new Set(rows.flatMap((row) => [row.author_id, ...row.mentioned]))];
}

/** A comment in the form the API answers with: what is empty is left out. */
export function answerComment(row: CommentRow, people: People): Comment {
  return {
    id: row.id,
    author: authorOf(row.author_id, people),
    text: row.text,
    createdTime: row.created_time.toISOString(),
    lastUpdatedTime: row.updated_time?.toISOString() ?? null,
    ...(row.parent_id !== null && { parentCommentId: row.parent_id }),
    ...(row.mentioned.length > 0 && { mentioned: mentionedIn(row, people) }),
    ...(row.reactions.length > 0 && { reactions: row.reactions }),
  };
}
