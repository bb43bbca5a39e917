import { MAX_RECORDS_PER_WRITE, type AirtableRecord } from '../../contracts/airtable';
import type { ChangeState } from '../../contracts/edits';
import { equalCells } from './cell-comparison';
import { readOrdinals, type JournalEntry, type Settlement } from './journal';
import { noteLanded, type LostRequest } from './late-requests';
import { readPresent } from './present';
import { followRestoredLinks } from './restored-links';
import { settleBatch, type EditRun } from './run';
import { undoDeletions } from './undo-deletions';
import { undoUpdates } from './undo-updates';

/** States in which a write that was sent should not be in the base: it was taken back, given up, or left out. */
const NOT_THERE: readonly ChangeState[] = ['undone', 'pending', 'conflict', 'failed'];
/** An edit that stands has left out what met a conflict; what it takes back of that may be under way. */
const LEFT_OUT: readonly ChangeState[] = ['conflict', 'undo_intended'];

/** How many changes had landed late, and how long (ms) to wait before the rest can be told. */
export interface LateWrites {
  readonly landings: number;
  readonly waitMs: number;
}

/**
 * Updates and deletions of lost requests that are in the base although they should not be. Of an edit that is being taken
 * back they count as landed again, for the walk back to deal with; of one that stands they had been left out, because
 * somebody had changed the record: what was there is put back at once.
 */
export async function takeUpLateWrites(
  run: EditRun,
  lost: readonly LostRequest[],
  compensated: boolean,
): Promise<LateWrites> {
  let landings = 0;
  for (const request of lost) {
    if (request.phase !== 'apply' || (request.kind !== 'update' && request.kind !== 'delete')) continue;
    const carried = await readCarried(run, request.ordinals);
    const states = compensated ? NOT_THERE : LEFT_OUT;
    const entries = carried.filter(({ state }) => states.includes(state));
    if (entries.length === 0) continue;
    const now = await readPresent(run, entries);
    const late = entries.filter((entry) => entry.state === 'undo_intended' || isThere(run, entry, now));
    if (late.length === 0) continue;
    landings += late.length;
    if (compensated) await reopen(run, late);
    else {
      const waitMs = await putBack(run, late.slice(0, MAX_RECORDS_PER_WRITE), now);
      if (waitMs > 0) return { landings, waitMs };
    }
    if (late.length === carried.length) await noteLanded(run, request.batch);
  }
  return { landings, waitMs: 0 };
}

function readCarried(run: EditRun, ordinals: readonly number[]): Promise<JournalEntry[]> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    const entries = await readOrdinals(tx, run.editId, ordinals);
    return followRestoredLinks(
      tx,
      run.editId,
      run.fields,
      entries.filter(({ change }) => change.kind !== 'createOption'),
    );
  });
}

/** Whether the base shows what the entry writes, and not what it goes back to. */
function isThere(
  run: EditRun,
  { change, found, restoredAs }: JournalEntry,
  now: ReadonlyMap<string, AirtableRecord>,
): boolean {
  if (change.kind === 'delete') return restoredAs === null && !now.has(change.recordId);
  const record = change.kind === 'update' ? now.get(change.recordId) : undefined;
  if (!record || change.kind !== 'update') return false;
  return Object.entries(change.cells).some(([id, cell]) => {
    const image = found && id in found ? found[id] : cell.before;
    const present = record.fields[id];
    return equalCells(run.fields, id, present, cell.after) && !equalCells(run.fields, id, present, image);
  });
}

function reopen(run: EditRun, late: readonly JournalEntry[]): Promise<void> {
  const reason = 'its request had got no answer and landed after the change had been taken back';
  return settleBatch(
    run,
    late.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed', reason, evidence: 'read_back' })),
    0,
  );
}

async function putBack(
  run: EditRun,
  late: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<number> {
  if (late[0]?.change.kind === 'delete') return undoDeletions(run, late);
  await undoUpdates(run, late, now);
  return 0;
}
