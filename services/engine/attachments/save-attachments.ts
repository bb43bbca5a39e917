import type { AttachmentWrite } from '../cell-writing';
import type { BasePlace } from '../place';
import { filenameOf, invalidAttachment } from './attachment-rules';

/**
 * Adds attachments that a write brings, to be fetched after the commit, and checks those it keeps: a base's own ones that
 * have not failed. The caller holds the base. Throws Airtable's INVALID_ATTACHMENT_OBJECT.
 */
export async function saveAttachments(place: BasePlace, writes: readonly AttachmentWrite[]): Promise<void> {
  const added = writes.flatMap(({ id, url, filename }) =>
    url === undefined ? [] : [{ id, url, filename: filename ?? filenameOf(url) }],
  );
  const kept = writes.filter((write) => write.url === undefined);
  if (added.length > 0) {
    await place.tx.query(
      `INSERT INTO engine_attachments (workspace_id, base_id, id, filename, state, source_url, work, due_at, created_at)
       SELECT $1, $2, v.id, v.filename, 'pending', v.url, 'fetch', $3, $3
       FROM unnest($4::text[], $5::text[], $6::text[]) AS v(id, filename, url)`,
      [
        place.workspaceId,
        place.baseId,
        place.now,
        added.map((a) => a.id),
        added.map((a) => a.filename),
        added.map((a) => a.url),
      ],
    );
    place.effects.add('attachments');
  }
  if (kept.length > 0) await keepAttachments(place, kept);
}

/** What is written again is in use again, whatever the collector has seen before. */
async function keepAttachments(place: BasePlace, kept: readonly AttachmentWrite[]): Promise<void> {
  const names = new Map(kept.map(({ id, filename }) => [id, filename ?? null]));
  const found = await place.tx.query<{ id: string }>(
    `UPDATE engine_attachments a SET unused_since = NULL, filename = coalesce(v.filename, a.filename)
     FROM unnest($3::text[], $4::text[]) AS v(id, filename)
     WHERE a.workspace_id = $1 AND a.base_id = $2 AND a.id = v.id AND a.state <> 'failed' RETURNING a.id`,
    [place.workspaceId, place.baseId, [...names.keys()], [...names.values()]],
  );
  const known = new Set(found.rows.map((row) => row.id));
  const missing = kept.find(({ id }) => !known.has(id));
  if (missing) throw invalidAttachment(missing.field.name, JSON.stringify({ id: missing.id }));
}
