import { MAX_UPLOAD_BYTES } from '../../contracts/airtable';
import type { Tx } from '../database/database';

/** What is known before an undo that it cannot bring back, beside what never returns. */
export interface ExpectedLosses {
  readonly comments: number;
  readonly largeAttachments: number;
}

/** Of the deletions of these records: their comments, and their files of more than 5 MB. */
export async function readExpectedLosses(tx: Tx, recordIds: readonly string[]): Promise<ExpectedLosses> {
  if (recordIds.length === 0) return { comments: 0, largeAttachments: 0 };
  const { rows } = await tx.query<{ comments: number; large: number }>(
    `SELECT coalesce(sum(d.comment_count), 0)::int AS comments,
       coalesce(sum((SELECT count(*) FROM deleted_attachments a WHERE (a.workspace_id, a.edit_id, a.ordinal) = (d.workspace_id, d.edit_id, d.ordinal)
         AND a.size > $2)), 0)::int AS large
     FROM edit_changes c JOIN deleted_records d USING (workspace_id, edit_id, ordinal)
     WHERE c.record_id = ANY($1) AND c.kind = 'delete' AND c.state <> 'pending'`,
    [recordIds, MAX_UPLOAD_BYTES],
  );
  return { comments: rows[0]?.comments ?? 0, largeAttachments: rows[0]?.large ?? 0 };
}

/** The same in words, for a preview. */
export function describeLosses({ comments, largeAttachments }: ExpectedLosses): string[] {
  const warnings: string[] = [];
  if (comments)
    warnings.push(
      `Comments on the deleted records: ${comments}. They return only as quotations, and only where the approval asks for it (repostComments).`,
    );
  if (largeAttachments)
    warnings.push(
      `Attachments of more than 5 MB: ${largeAttachments}. Airtable takes them by an address only, and the one they had works for two hours after the deletion; their bytes stay with the edit.`,
    );
  return warnings;
}
