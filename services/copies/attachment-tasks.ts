import type { CellValue } from '../../contracts/airtable';
import type { CountedRecord } from '../airtable/calls/base-answers';
import type { BasePlace } from '../engine/place';
import { readAttachmentCell } from './attachment-cells';
import type { HostedTable } from './hosting';
import type { AttachmentToFetch, NewTask } from './tasks';

type Cells = Readonly<Record<string, CellValue>>;

interface Found extends AttachmentToFetch {
  readonly recordId: string;
}

function attachmentsOf(
  table: HostedTable,
  records: readonly { readonly record: CountedRecord }[],
  here: ReadonlyMap<string, Cells>,
): Found[] {
  const fields = table.fields.filter(({ field }) => field.type === 'multipleAttachments');
  return records.flatMap(({ record }) =>
    fields.flatMap(({ field }) => {
      const cell = here.get(record.id)?.[field.id];
      const kept = new Set(Array.isArray(cell) ? cell : []);
      return readAttachmentCell(record.fields[field.id])
        .filter((attachment) => kept.has(attachment.id))
        .map((attachment) => ({ ...attachment, fieldId: field.id, recordId: record.id }));
    }),
  );
}

/**
 * Enters the attachments of a page's records, their bytes still to come, and renames those that are called otherwise at the
 * source now. Returns what is to be fetched: all that is not here yet.
 */
export async function fileAttachments(
  place: BasePlace,
  table: HostedTable,
  records: readonly { readonly record: CountedRecord }[],
  here: ReadonlyMap<string, Cells>,
): Promise<NewTask[]> {
  const found = new Map(attachmentsOf(table, records, here).map((attachment) => [attachment.id, attachment]));
  if (found.size === 0) return [];
  const all = [...found.values()];
  const { rows } = await place.tx.query<{ id: string }>(
    `INSERT INTO engine_attachments AS a (workspace_id, base_id, id, filename, state, type, size, width, height, due_at, created_at)
     SELECT $1, $2, v.id, v.filename, 'pending', v.type, v.size, v.width, v.height, $9, $9
     FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::int[], $8::int[]) AS v(id, filename, type, size, width, height)
     ON CONFLICT (workspace_id, base_id, id) DO UPDATE
       SET filename = excluded.filename, state = CASE a.state WHEN 'ready' THEN 'ready' ELSE 'pending' END
       WHERE a.state <> 'ready' OR a.filename <> excluded.filename
     RETURNING CASE WHEN state = 'ready' THEN '' ELSE id END AS id`,
    [
      place.workspaceId,
      place.baseId,
      all.map((a) => a.id),
      all.map((a) => a.filename),
      all.map((a) => a.type),
      all.map((a) => a.size ?? null),
      all.map((a) => a.width ?? null),
      all.map((a) => a.height ?? null),
      place.now,
    ],
  );
  return rows.flatMap(({ id }): NewTask[] => {
    const attachment = found.get(id);
    if (!attachment) return [];
    const { recordId, ...details } = attachment;
    return [{ kind: 'attachment', tableId: table.id, recordId, details }];
  });
}
