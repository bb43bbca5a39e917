import { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import type { RecordAddress } from '../airtable/calls/comments';
import type { SourceComment } from '../airtable/calls/comment-answers';
import type { Tx } from '../database/database';
import type { EditRun } from './run';

/** A comment of a deleted record. */
export const KeptComment = z.object({
  /** As people know them. */
  author: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Who is mentioned is named, not called: a quotation notifies nobody. */
  text: z.string(),
});
export type KeptComment = z.infer<typeof KeptComment>;

/** Airtable keeps the comments from this token. */
const REFUSED: ReadonlySet<string> = new Set([
  'connection_forbidden',
  'connection_narrowed',
  'airtable_not_permitted',
]);

/** All comments of a record, oldest first; null where the token may not read them. Throws what the gateway throws otherwise. */
export async function readComments(
  run: Pick<EditRun, 'client' | 'signal'>,
  record: RecordAddress,
): Promise<KeptComment[] | null> {
  const comments: SourceComment[] = [];
  try {
    const options = { signal: run.signal, recordIsInTable: true };
    for await (const page of run.client.listComments(record, options)) comments.push(...page);
  } catch (error) {
    if (!(error instanceof SagatableError)) throw error;
    if (error.code === 'airtable_not_found') return [];
    if (REFUSED.has(error.code)) return null;
    throw error;
  }
  return comments.reverse().map(keep);
}

function keep({ author, createdTime, text, mentioned }: SourceComment): KeptComment {
  const named = text.replace(/@\[([^\]]+)\]/g, (_, id: string) => {
    const somebody = mentioned?.[id];
    return `@${somebody?.displayName ?? somebody?.name ?? somebody?.email ?? id}`;
  });
  return { author: author.name ?? author.email ?? author.id, at: createdTime, text: named };
}

/** A comment as it is posted again: Airtable takes the token's user for its author. */
export function quoteComment({ author, at, text }: KeptComment): string {
  return `${author} wrote on ${at.slice(0, 10)}: ${text}`;
}

/** Notes with an approval that comments of records which the edit, or its undo, brings back are posted again. */
export async function wantComments(tx: Tx, editId: string): Promise<void> {
  await tx.query('UPDATE edits SET repost_comments = true WHERE id = $1', [editId]);
}

/** Whether the approval says so. */
export async function wantsComments(tx: Tx, editId: string): Promise<boolean> {
  const { rows } = await tx.query<{ wanted: boolean }>(
    'SELECT repost_comments AS wanted FROM edits WHERE id = $1',
    [editId],
  );
  return rows[0]?.wanted ?? false;
}
