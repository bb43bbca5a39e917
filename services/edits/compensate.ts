import { randomUUID } from 'node:crypto';
import { MAX_PAGE_SIZE, type AirtableRecord, type Cells } from '../../contracts/airtable';
import { differingFields, equalCells, nameFields } from './cell-comparison';
import { holdLease } from './leases';
import { intend, readEntries, type JournalEntry, type Settlement } from './journal';
import { inBatches, lookAt, withinOneLook, type Look } from './look-ahead';
import { presentCells, someVanished } from './present';
import { readCreatedSince, resolveIntended } from './resolve';
import { followRestoredLinks } from './restored-links';
import {
  isRefusal,
  runChunk,
  sendWrite,
  settleBatch,
  type ChunkLimits,
  type ChunkResult,
  type EditRun,
  type WriteEnd,
} from './run';

/**
 * Walks the journal backwards and takes back what landed and is still as we wrote it. What somebody changed
 * since stays theirs and is marked; nothing is guessed. Safe to repeat from any point.
 */
export async function compensateBatches(run: EditRun, limits: ChunkLimits): Promise<ChunkResult> {
  await reopenRecentlySent(run);
  return runChunk(run, limits, async () => {
    const waitMs = await resolveIntended(run, 'undoing');
    if (waitMs > 0) return { waitMs };
    const open = await run.db.tenant(run.workspaceId, async (tx) => {
      const states = ['landed', 'undo_intended'] as const;
      const entries = withinOneLook(
        run,
        await readEntries(tx, run.editId, states, MAX_PAGE_SIZE, 'backwards'),
      );
      return followRestoredLinks(tx, run.editId, run.fields, entries);
    });
    if (open.length === 0) return 'nothing left';
    const look = lookAt(run, open);
    let early = 0;
    const handled = await inBatches(open, async (batch) => {
      early = Math.max(early, await undoBatch(run, batch, look));
    });
    return early > 0 ? { waitMs: early } : { handled };
  });
}

/** A write without an answer that was to be sent again may still land: it is looked for before the edit counts as taken back. */
async function reopenRecentlySent(run: EditRun): Promise<void> {
  await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    await tx.query(
      `UPDATE edit_changes SET state = 'intended' WHERE edit_id = $1 AND state = 'pending'
         AND sent_at > clock_timestamp() - make_interval(secs => $2)`,
      [run.editId, run.lateWriteMs / 1_000],
    );
  });
}

/** Returns how long to wait when it is too early to tell what became of an earlier attempt, else 0. */
async function undoBatch(run: EditRun, entries: readonly JournalEntry[], look: Look): Promise<number> {
  const kind = entries[0]?.change.kind;
  if (kind === 'createOption') {
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({
        ordinal,
        state: 'undone',
        reason: 'the option itself stays: the API cannot remove one',
      })),
    );
    return 0;
  }
  if (kind === 'delete') return undoDeletions(run, entries);
  const now = await look(entries);
  if (kind === 'create') await undoCreations(run, entries, now);
  else await undoUpdates(run, entries, now);
  return 0;
}

async function undoUpdates(
  run: EditRun,
  entries: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<void> {
  const writes: Array<{ id: string; fields: Cells }> = [];
  const settled: Settlement[] = [];
  for (const { ordinal, change, found } of entries) {
    if (change.kind !== 'update') continue;
    const record = now.get(change.recordId);
    if (!record) {
      settled.push({ ordinal, state: 'undo_conflict', reason: 'the record was deleted since' });
      continue;
    }
    const back: Cells = {};
    const foreign: string[] = [];
    for (const [fieldId, cell] of Object.entries(change.cells)) {
      // An empty cell is an image too: null in `found` is what the base held.
      const before = found && fieldId in found ? (found[fieldId] ?? null) : cell.before;
      if (equalCells(run.fields, fieldId, record.fields[fieldId], before)) continue;
      if (equalCells(run.fields, fieldId, record.fields[fieldId], cell.after)) back[fieldId] = before;
      else foreign.push(fieldId);
    }
    if (Object.keys(back).length) writes.push({ id: record.id, fields: back });
    settled.push(
      foreign.length
        ? {
            ordinal,
            state: 'undo_conflict',
            reason: `changed by somebody since, left as it is: ${nameFields(run.fields, foreign)}`,
          }
        : { ordinal, state: 'undone' },
    );
  }
  await intendUndo(run, entries);
  const tableId = entries[0]?.change.tableId ?? '';
  if (writes.length === 0) return settleBatch(run, settled);
  const end = await sendWrite(run, (options) =>
    run.client.updateRecords(run.baseId, tableId, writes, options),
  );
  await settleUndo(run, entries, end, settled);
}

async function undoCreations(
  run: EditRun,
  entries: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<void> {
  const removed: string[] = [];
  const settled = entries.map(({ ordinal, recordId, change, found }): Settlement => {
    const record = recordId === null ? undefined : now.get(recordId);
    if (!record || change.kind !== 'create') return { ordinal, state: 'undone' };
    const present = presentCells(run, change.tableId, record);
    const ours = found ?? change.cells;
    const expected = { ...Object.fromEntries(Object.keys(present).map((id) => [id, null])), ...ours };
    const foreign = differingFields(run.fields, expected, record);
    if (foreign.length)
      return {
        ordinal,
        state: 'undo_conflict',
        reason: `somebody changed the new record, so it stays: ${nameFields(run.fields, foreign)}`,
      };
    removed.push(record.id);
    return { ordinal, state: 'undone' };
  });
  await intendUndo(run, entries);
  const tableId = entries[0]?.change.tableId ?? '';
  if (removed.length === 0) return settleBatch(run, settled);
  const end = await sendWrite(run, (options) =>
    run.client.deleteRecords(run.baseId, tableId, removed, options),
  );
  await settleUndo(run, entries, end, settled);
}

/**
 * After a write that takes back: settled when it landed. A refusal proves that nothing did: when a record went
 * away meanwhile the next look compares again, else the batch is left to a person and the walk goes on.
 */
async function settleUndo(
  run: EditRun,
  entries: readonly JournalEntry[],
  end: WriteEnd<unknown>,
  settled: readonly Settlement[],
): Promise<void> {
  if (end.end === 'refused' && isRefusal(end.error)) {
    if (await someVanished(run, entries)) return;
    const reason = `the undo was refused: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({ ordinal, state: 'undo_conflict', reason })),
    );
    return;
  }
  finishUndo(end);
  await settleBatch(run, settled);
}

async function undoDeletions(run: EditRun, entries: readonly JournalEntry[]): Promise<number> {
  const tried = entries.filter((e) => e.state === 'undo_intended');
  if (tried.length) {
    // An earlier attempt may have created them: look before creating again.
    const waitMs = (tried[0]?.sentAt?.getTime() ?? 0) + run.lateWriteMs - Date.now();
    if (waitMs > 0) return waitMs;
    const candidates = await readCreatedSince(run, tried);
    const found = tried.flatMap((entry): Settlement[] => {
      const i = candidates.findIndex(
        (r) => differingFields(run.fields, cellsToRestore(entry), r).length === 0,
      );
      const [record] = i < 0 ? [] : candidates.splice(i, 1);
      return record
        ? [
            {
              ordinal: entry.ordinal,
              state: 'undone',
              restoredAs: record.id,
              reason: `created again as ${record.id}`,
            },
          ]
        : [];
    });
    await settleBatch(run, found);
    const rest = tried.filter((e) => !found.some((f) => f.ordinal === e.ordinal));
    await settleBatch(
      run,
      rest.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed' })),
      0,
    );
    return 0;
  }
  await intendUndo(run, entries);
  const tableId = entries[0]?.change.tableId ?? '';
  const end = await sendWrite(run, (options) =>
    run.client.createRecords(run.baseId, tableId, entries.map(cellsToRestore), options),
  );
  if (end.end === 'refused' && isRefusal(end.error)) {
    const reason = `could not be created again: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({ ordinal, state: 'undo_conflict', reason })),
    );
    return 0;
  }
  if (end.end === 'refused' || end.end === 'unsent') {
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed' })),
      0,
    );
    throw end.error;
  }
  finishUndo(end);
  if (end.end === 'landed') {
    await settleBatch(
      run,
      entries.map(({ ordinal }, i): Settlement => {
        const id = end.answer[i]?.id;
        return id === undefined
          ? { ordinal, state: 'undo_unknown' }
          : { ordinal, state: 'undone', restoredAs: id, reason: `created again as ${id}` };
      }),
    );
  }
  return 0;
}

const cellsToRestore = (entry: JournalEntry): Cells =>
  entry.found ?? (entry.change.kind === 'delete' ? entry.change.before : {});

function intendUndo(run: EditRun, entries: readonly JournalEntry[]): Promise<void> {
  return intend(
    run.db,
    run.lease,
    run.editId,
    randomUUID(),
    'undo_intended',
    entries.map(({ ordinal }) => ({ ordinal })),
  );
}

/** Passes a failed write on: the entries stay `undo_intended`, and the next attempt compares again. */
function finishUndo(end: WriteEnd<unknown>): void {
  if (end.end !== 'landed') throw end.error;
}
