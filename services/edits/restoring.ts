import { MAX_RECORDS_PER_WRITE, type AirtableRecord, type Cells } from '../../contracts/airtable';
import type { Lost } from '../../contracts/restoring';
import { readBeforeImage } from './before-images';
import { holdLease } from './leases';
import { presentCells } from './present';
import { readRecords } from './read-records';
import {
  moveRestorations,
  noteLost,
  openRestorations,
  type Restoration,
  type RestoringPhase,
} from './restorations';
import { restoreAttachments, uploadWindowMs } from './restore-attachments';
import { restoreComments } from './restore-comments';
import { restoreLinks, type Returned } from './restore-links';
import { idsOf } from './restored-links';
import type { EditRun, JournalLook } from './run';
import type { Tx } from '../database/database';

interface Image extends Returned {
  /** What could be written again, as it was found before the deletion. */
  readonly cells: Cells;
}

/**
 * Brings back, for some records that were created again, what belongs to them: links, attachments, comments. To be called once
 * all of them are there. Safe to repeat from any point.
 */
export async function restoreSome(run: EditRun, phase: RestoringPhase): Promise<JournalLook> {
  const { group, images } = await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    const open = await openRestorations(tx, run.editId, phase, MAX_RECORDS_PER_WRITE);
    const found: Image[] = [];
    for (const restoration of open) found.push(await readImage(tx, run, restoration));
    return { group: open, images: found };
  });
  const [first] = group;
  if (!first) return 'nothing left';
  const now = await readReturned(run, group);
  const there = images.filter(({ restoration }) => now.has(restoration.newId));
  if (first.state === 'open') {
    const lost = await restoreLinks(run, there, 'own');
    await keep(run, group, lost, 'linked');
    return { handled: 1 };
  }
  const lost = await restoreLinks(run, there, 'pointing');
  for (const image of there) {
    const { restoration } = image;
    const attached = await restoreAttachments(run, restoration, image.cells);
    if ('waitMs' in attached) return attached;
    const commented = await restoreComments(run, restoration, image.image);
    if ('waitMs' in commented) return commented;
    lost.set(restoration.ordinal, [
      ...(lost.get(restoration.ordinal) ?? []),
      ...attached.lost,
      ...commented.lost,
    ]);
  }
  await finish(run, group, lost, await readReturned(run, group));
  return { handled: 1 };
}

async function readImage(tx: Tx, run: EditRun, restoration: Restoration): Promise<Image> {
  const { imageEditId, imageOrdinal, tableId, oldId } = restoration;
  const { rows } = await tx.query<{ cells: Cells | null }>(
    `SELECT coalesce(found, change -> 'before') AS cells FROM edit_changes WHERE edit_id = $1 AND ordinal = $2`,
    [imageEditId, imageOrdinal],
  );
  const cells = rows[0]?.cells ?? {};
  const links = Object.entries(cells).flatMap(([fieldId, value]) =>
    run.fields.get(fieldId)?.type === 'multipleRecordLinks'
      ? [{ tableId, recordId: oldId, fieldId, ids: idsOf(value) }]
      : [],
  );
  return { restoration, image: await readBeforeImage(tx, imageEditId, imageOrdinal), links, cells };
}

async function readReturned(
  run: EditRun,
  group: readonly Restoration[],
): Promise<Map<string, AirtableRecord>> {
  const ids = group.map(({ newId }) => newId);
  const now = new Map<string, AirtableRecord>();
  for await (const record of readRecords(run.client, run.baseId, group[0]?.tableId ?? '', ids, run.signal))
    now.set(record.id, record);
  return now;
}

function keep(
  run: EditRun,
  group: readonly Restoration[],
  lost: ReadonlyMap<number, readonly Lost[]>,
  state: 'linked' | 'done',
): Promise<void> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    for (const one of group) await noteLost(tx, run.editId, one, lost.get(one.ordinal) ?? []);
    await moveRestorations(tx, run.editId, group, state);
  });
}

/** A later undo of the return itself compares with what the record holds from now on. */
async function finish(
  run: EditRun,
  group: readonly Restoration[],
  lost: ReadonlyMap<number, readonly Lost[]>,
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<void> {
  await keep(run, group, lost, 'linked');
  await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    for (const one of group) {
      const record = now.get(one.newId);
      await tx.query(
        // What was said of its marker stays.
        `UPDATE edit_changes SET reason = $3 || coalesce('; ' || substring(reason FROM 'comes back without a marker: .*$'), ''), found = CASE WHEN kind = 'create' THEN coalesce($4::jsonb, found) ELSE found END
         WHERE edit_id = $1 AND ordinal = $2`,
        [
          run.editId,
          one.ordinal,
          describe(one, record !== undefined),
          record ? JSON.stringify(presentCells(run, one.tableId, record)) : null,
        ],
      );
    }
    await moveRestorations(tx, run.editId, group, 'done');
  });
}

function describe({ newId, oldId, lost }: Restoration, there: boolean): string {
  const again = `created again as ${newId} in place of ${oldId}`;
  if (!there) return `${again}, and deleted by somebody since`;
  const counted = { link: 0, attachment: 0, comments: 0 };
  for (const { kind, what } of lost) counted[kind] += kind === 'comments' ? Number(what) : 1;
  const parts = [
    ['links', counted.link],
    ['attachments', counted.attachment],
    ['comments', counted.comments],
  ].flatMap(([what, count]) => (count ? [`${what} (${count})`] : []));
  return parts.length ? `${again}; not back: ${parts.join(', ')}` : again;
}

/**
 * Before the return of a record is itself taken back: what was still following it is ours too, so that the record is not held
 * for one that somebody changed. Returns how long (ms) to wait while an upload without an answer may still arrive.
 */
export async function closeRestorations(run: EditRun): Promise<number> {
  const group = await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    return openRestorations(tx, run.editId, 'applying', MAX_RECORDS_PER_WRITE);
  });
  if (group.length === 0) return 0;
  const { rows } = await run.db.tenant(run.workspaceId, (tx) =>
    tx.query<{ at: Date | null }>(
      'SELECT max(sent_at) AS at FROM restored_attachments WHERE edit_id = $1 AND ordinal = ANY($2) AND new_id IS NULL',
      [run.editId, group.map(({ ordinal }) => ordinal)],
    ),
  );
  const waitMs = (rows[0]?.at?.getTime() ?? 0) + uploadWindowMs(run) - Date.now();
  if (waitMs > 0) return waitMs;
  await finish(run, group, new Map(), await readReturned(run, group));
  return closeRestorations(run);
}
