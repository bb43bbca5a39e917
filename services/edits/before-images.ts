import { z } from 'zod';
import { Cells, type AirtableRecord } from '../../contracts/airtable';
import type { Tx } from '../database/database';
import { findUnkept, keepAttachments } from './deleted-attachments';
import { readInboundLinks, type LinkCell } from './inbound-links';
import type { JournalEntry } from './journal';
import type { Judged } from './judging';
import { holdLease } from './leases';
import type { Look } from './look-ahead';
import { KeptComment, readComments } from './kept-comments';
import type { EditRun } from './run';

/** How often attachments that come while others are being kept are kept too; who is still not through then stays. */
const ROUNDS = 3;

const Link = z.object({
  tableId: z.string(),
  recordId: z.string(),
  fieldId: z.string(),
  ids: z.array(z.string()),
});

/** What of a deleted record its row in the journal does not hold. */
export interface BeforeImage {
  readonly editId: string;
  readonly ordinal: number;
  readonly recordId: string;
  readonly createdTime: string;
  /** All its cells as they were read, computed ones too. */
  readonly shown: Cells;
  readonly links: readonly LinkCell[];
  readonly commentCount: number;
  /** Oldest first; null where the token may not read them. */
  readonly comments: readonly KeptComment[] | null;
}

/**
 * Stores what an undo of these deletions will need, before anything of them is sent: attachments with their bytes, the links
 * of other records, comments. Returns the records as they are then, and the reason by ordinal why a record has to stay.
 */
export async function keepBeforeImages(
  run: EditRun,
  entries: readonly JournalEntry[],
  look: Look,
): Promise<{ now: ReadonlyMap<string, AirtableRecord>; unkept: ReadonlyMap<number, string> }> {
  const unkept = new Map<number, string>();
  for (let round = 0; round < ROUNDS; round++) {
    const missing = await findUnkept(run, entries, await look(entries));
    const due = missing.filter(({ ordinal }) => !unkept.has(ordinal));
    if (due.length === 0) break;
    for (const [ordinal, reason] of await keepAttachments(run, due)) unkept.set(ordinal, reason);
  }
  const kept = entries.filter(({ ordinal }) => !unkept.has(ordinal));
  await keepRecords(run, kept, await look(entries));
  // The same as before unless all this took long: then somebody may have attached something.
  const now = await look(entries);
  for (const { ordinal } of await findUnkept(run, kept, now))
    unkept.set(ordinal, 'not deleted: somebody changes its attachments just now');
  return { now, unkept };
}

/** Keeps back the deletions whose before-images could not be stored. */
export function keepBack(judged: Judged, unkept: ReadonlyMap<number, string>): Judged {
  if (unkept.size === 0) return judged;
  const settled = judged.toWrite.flatMap(({ entry: { ordinal } }) => {
    const reason = unkept.get(ordinal);
    return reason === undefined ? [] : [{ ordinal, state: 'conflict' as const, reason }];
  });
  return {
    ...judged,
    toWrite: judged.toWrite.filter(({ entry }) => !unkept.has(entry.ordinal)),
    settled: [...judged.settled, ...settled],
  };
}

async function keepRecords(
  run: EditRun,
  entries: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<void> {
  const doomed = entries.flatMap(({ ordinal, recordId, change }) => {
    const record = now.get(recordId ?? '');
    return record ? [{ ordinal, tableId: change.tableId, record }] : [];
  });
  const [first] = doomed;
  if (!first) return;
  const links = await readInboundLinks(
    run,
    first.tableId,
    doomed.map(({ record }) => record),
  );
  const rows: object[] = [];
  for (const { ordinal, tableId, record } of doomed) {
    const count = record.commentCount ?? 0;
    const place = { baseId: run.baseId, tableId, recordId: record.id };
    rows.push({
      ordinal,
      record_id: record.id,
      created_time: record.createdTime,
      shown: record.fields,
      links: links.filter(({ ids }) => ids.includes(record.id)),
      comment_count: count,
      comments: count === 0 ? [] : await readComments(run, place),
    });
  }
  await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    await tx.query(
      `INSERT INTO deleted_records AS d (workspace_id, edit_id, ordinal, record_id, created_time, shown, links, comment_count, comments)
       SELECT $1, $2, r.ordinal, r.record_id, r.created_time, r.shown, r.links, r.comment_count, nullif(r.comments, 'null'::jsonb)
       FROM jsonb_to_recordset($3::jsonb) AS r(ordinal int, record_id text, created_time text, shown jsonb, links jsonb, comment_count int, comments jsonb)
       ON CONFLICT (workspace_id, edit_id, ordinal) DO UPDATE SET record_id = excluded.record_id, created_time = excluded.created_time,
         shown = excluded.shown, links = excluded.links, comment_count = excluded.comment_count, comments = excluded.comments, captured_at = now()`,
      [run.workspaceId, run.editId, JSON.stringify(rows)],
    );
  });
}

const Row = z.object({
  ordinal: z.number(),
  record_id: z.string(),
  created_time: z.string(),
  shown: Cells,
  links: z.array(Link),
  comment_count: z.number(),
  comments: z.array(KeptComment).nullable(),
});

/** The before-image of a deletion; undefined for one from before images were kept. */
export async function readBeforeImage(
  tx: Tx,
  editId: string,
  ordinal: number,
): Promise<BeforeImage | undefined> {
  const { rows } = await tx.query(
    `SELECT ordinal, record_id, created_time, shown, links, comment_count, comments FROM deleted_records
     WHERE edit_id = $1 AND ordinal = $2`,
    [editId, ordinal],
  );
  if (!rows[0]) return undefined;
  const row = Row.parse(rows[0]);
  return {
    editId,
    ordinal,
    recordId: row.record_id,
    createdTime: row.created_time,
    shown: row.shown,
    links: row.links,
    commentCount: row.comment_count,
    comments: row.comments,
  };
}
