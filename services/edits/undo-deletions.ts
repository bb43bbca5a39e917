import { cellsToCreate, findCreations } from './creation-search';
import { intend, type JournalEntry, type Settlement } from './journal';
import { noteOneLanded } from './late-requests';
import { findMarkerGone } from './marker-standing';
import { markerFieldFor, sendCreations } from './marked-creations';
import { isRefusal, sendWrite, settleBatch, type EditRun } from './run';
import { readSuccessors } from './successors';
import { removeSurplus } from './surplus-records';
import { finishUndo } from './undo-writes';
import { randomUUID } from 'node:crypto';

/**
 * Creates deleted records again, without the links and attachments that follow them later. Returns how long (ms) to wait when
 * it is too early to tell what became of an earlier attempt, else 0. `unmarked` says why they come without markers.
 */
export async function undoDeletions(
  run: EditRun,
  entries: readonly JournalEntry[],
  unmarked: string | null = null,
): Promise<number> {
  // Of one request each: what it carried is looked for as a whole.
  const batch = entries.find(({ state }) => state === 'undo_intended')?.batch;
  const tried = entries.filter((e) => e.state === 'undo_intended' && e.batch === batch);
  if (tried.length) return settleTried(run, tried);
  const rest = await leaveRestored(run, entries);
  if (rest.length === 0) return 0;
  const creations = rest.map((entry) => ({
    ordinal: entry.ordinal,
    cells: cellsToCreate(run.fields, entry),
  }));
  const field = markerFieldFor(run, rest, creations);
  const intents = rest.map(({ ordinal }) => ({
    ordinal,
    ...(field !== undefined && { markerField: field }),
  }));
  await intend(run.db, run.lease, run.editId, randomUUID(), 'undo_intended', intents);
  const tableId = rest[0]?.change.tableId ?? '';
  const end = await sendWrite(run, (options) => sendCreations(run, tableId, field, creations, options));
  if (end.end === 'refused' && isRefusal(end.error)) {
    const gone = field === undefined ? undefined : await findMarkerGone(run, tableId, field);
    if (gone) return undoUnmarked(run, rest, gone.message);
    const reason = `could not be created again: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
    await settleBatch(
      run,
      rest.map(({ ordinal }): Settlement => ({ ordinal, state: 'undo_conflict', reason })),
    );
    return 0;
  }
  if (end.end === 'refused' || end.end === 'unsent') {
    await settleBatch(
      run,
      rest.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed', notSent: true })),
      0,
    );
    throw end.error;
  }
  finishUndo(end);
  if (end.end !== 'landed') return 0;
  await settleBatch(
    run,
    rest.map(({ ordinal }, i): Settlement => {
      const created = end.answer[i];
      if (!created) return { ordinal, state: 'undo_unknown' };
      const { record, evidence } = created;
      return {
        ordinal,
        state: 'undone',
        restoredAs: record.id,
        evidence,
        reason: [`created again as ${record.id}`, unmarked].filter(Boolean).join('; '),
      };
    }),
  );
  return 0;
}

/** A deletion is not left undone because the field for markers is gone: its records come back without, and that is told. */
async function undoUnmarked(run: EditRun, entries: readonly JournalEntry[], why: string): Promise<number> {
  const reason = `comes back without a marker: ${why}`;
  await settleBatch(
    run,
    entries.map(({ ordinal }): Settlement => ({
      ordinal,
      state: 'landed',
      notSent: true,
      unmarked: true,
      reason,
    })),
    0,
  );
  const tableId = entries[0]?.change.tableId ?? '';
  const markers = new Map([...run.markers].filter(([marked]) => marked !== tableId));
  return undoDeletions(
    { ...run, markers },
    entries.map((entry) => ({ ...entry, state: 'landed', markerField: null })),
    reason,
  );
}

/** An earlier attempt may have created them: it is looked for before anything is created again. */
async function settleTried(run: EditRun, tried: readonly JournalEntry[]): Promise<number> {
  const waitMs = (tried[0]?.sentAt?.getTime() ?? 0) + run.lateWriteMs - Date.now();
  if (waitMs > 0) return waitMs;
  const fates = await findCreations(run, tried);
  await removeSurplus(run, tried, fates);
  const settled = tried.map(({ ordinal }): Settlement => {
    const fate = fates.get(ordinal);
    if (!fate || fate.fate === 'absent') return { ordinal, state: 'landed' };
    if (fate.fate === 'unclear') return { ordinal, state: 'undo_unknown', reason: fate.reason };
    const { record, evidence, reason } = fate;
    return {
      ordinal,
      state: 'undone',
      restoredAs: record.id,
      evidence,
      reason: `created again as ${record.id}; ${reason}`,
    };
  });
  // Upserts on a marker find what is there, however often they land.
  const found = tried.every(
    ({ ordinal, markerField }) => markerField === null && fates.get(ordinal)?.fate === 'found',
  );
  const batch = tried[0]?.batch ?? null;
  await settleBatch(
    run,
    settled,
    settled.filter(({ state }) => state !== 'landed').length,
    found ? (tx) => noteOneLanded(tx, run.editId, batch) : undefined,
  );
  return 0;
}

/** What another undo has brought back already is not created twice; returns the others. */
async function leaveRestored(run: EditRun, entries: readonly JournalEntry[]): Promise<JournalEntry[]> {
  const ids = entries.flatMap(({ recordId }) => recordId ?? []);
  const there = await run.db.tenant(run.workspaceId, (tx) => readSuccessors(tx, run.baseId, ids));
  const back = entries.filter(({ recordId }) => there.has(recordId ?? ''));
  await settleBatch(
    run,
    back.map(({ ordinal, recordId }): Settlement => ({
      ordinal,
      state: 'undone',
      reason: `was brought back by another undo already, as ${there.get(recordId ?? '') ?? ''}`,
    })),
  );
  return entries.filter((entry) => !back.includes(entry));
}
