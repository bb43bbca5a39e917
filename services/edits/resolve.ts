import { judgeUpdate } from './cell-comparison';
import { findCreations, searchWitnessed, type CreationFate } from './creation-search';
import type { Tx } from '../database/database';
import { readBatch, readEntries, type JournalEntry, type Settlement } from './journal';
import { noteLanded, noteLost, noteOneLanded } from './late-requests';
import { readPresent } from './present';
import { followRestoredLinks } from './restored-links';
import { settleBatch, type EditRun } from './run';
import { removeSurplus } from './surplus-records';

/**
 * Finds out what became of writes without an answer, batch by batch. Returns how many milliseconds to wait when
 * it is too early to tell, else 0. While applying, what did not land becomes pending again; while undoing, it is
 * done with.
 */
export async function resolveIntended(run: EditRun, phase: 'applying' | 'undoing'): Promise<number> {
  for (;;) {
    const batch = await run.db.tenant(run.workspaceId, (tx) => readNextBatch(tx, run));
    const [first] = batch;
    if (!first) return 0;
    await noteLost(run, first.batch);
    const option = batch.find((e) => e.change.kind === 'createOption');
    const entries = batch.filter((e) => e !== option);
    const creating = entries[0]?.change.kind === 'create';
    const marked = entries[0] !== undefined && entries[0].markerField !== null;
    // What is safe to send again need not be waited for: an update, a deletion, and a creation that carries a marker.
    // Other creations are not, nor is whatever is to stay undone.
    const early = phase === 'undoing' || (creating && !marked);
    const waitMs = (first.sentAt?.getTime() ?? 0) + run.lateWriteMs - Date.now();
    const tooEarly = early && waitMs > 0;
    const fates = creating
      ? await (tooEarly ? findAtOnce(run, entries) : findCreations(run, entries))
      : undefined;
    if (tooEarly && !fates) return waitMs;
    const settlements = fates
      ? await settleCreations(run, entries, fates, notLandedIn(phase))
      : await lookUp(run, entries, phase);
    const [carrier] = settlements;
    if (option && carrier)
      settlements.push({
        ordinal: option.ordinal,
        state: carrier.state,
        ...(carrier.evidence && { evidence: carrier.evidence }),
      });
    else if (option) settlements.push({ ordinal: option.ordinal, state: 'skipped' });
    // Airtable carries out a request once, and as a whole. Of several requests nobody can tell which one landed.
    const once = entries.every(
      ({ firstSentAt, sentAt }) => (firstSentAt ?? sentAt)?.getTime() === sentAt?.getTime(),
    );
    const known = settlements.every((s) => s.state === 'landed' && s.evidence !== undefined);
    const oneLanded = known && !once && creating && !marked;
    await settleBatch(
      run,
      settlements,
      settlements.filter((s) => s.state !== 'pending').length,
      oneLanded ? (tx) => noteOneLanded(tx, run.editId, first.batch) : undefined,
    );
    if (once && known) await noteLanded(run, first.batch);
  }
}

/** What is without an answer of the first request that has something so. */
async function readNextBatch(tx: Tx, run: EditRun): Promise<JournalEntry[]> {
  const [first] = await readEntries(tx, run.editId, ['intended'], 1, 'forwards', run.only);
  if (!first) return [];
  const carried = first.batch === null ? [first] : await readBatch(tx, run.editId, first.batch);
  const open = carried.filter(
    ({ state, ordinal }) => state === 'intended' && (run.only?.includes(ordinal) ?? true),
  );
  return followRestoredLinks(tx, run.editId, run.fields, open);
}

/** What there is no need to wait for: creations that the witness proves. What is not there yet may still come. */
async function findAtOnce(
  run: EditRun,
  entries: readonly JournalEntry[],
): Promise<Map<number, CreationFate> | undefined> {
  return entries[0]?.markerField === null ? searchWitnessed(run, entries) : undefined;
}

const notLandedIn = (phase: 'applying' | 'undoing'): Pick<Settlement, 'state' | 'reason'> =>
  phase === 'applying' ? { state: 'pending' } : { state: 'undone', reason: 'never landed' };

async function lookUp(
  run: EditRun,
  entries: readonly JournalEntry[],
  phase: 'applying' | 'undoing',
): Promise<Settlement[]> {
  const notLanded = notLandedIn(phase);
  const now = await readPresent(run, entries);
  return entries.map(({ ordinal, change }): Settlement => {
    if (change.kind === 'delete')
      return now.has(change.recordId)
        ? { ordinal, ...notLanded }
        : { ordinal, state: 'landed', evidence: 'read_back' };
    if (change.kind !== 'update') return { ordinal, ...notLanded };
    const record = now.get(change.recordId);
    if (!record)
      return phase === 'applying'
        ? { ordinal, ...notLanded }
        : { ordinal, state: 'undo_conflict', reason: 'the record was deleted meanwhile' };
    const verdict = judgeUpdate(run.fields, change, record);
    if (verdict.kind === 'already') return { ordinal, state: 'landed', evidence: 'read_back' };
    // Undoing looks at each cell again, so a record of which only some cells are still ours counts as landed.
    if (verdict.kind === 'conflict' && phase === 'undoing') return { ordinal, state: 'landed' };
    return { ordinal, ...notLanded };
  });
}

/** Creations by what is known of them; what repeated requests made too many of is removed first. */
async function settleCreations(
  run: EditRun,
  entries: readonly JournalEntry[],
  fates: ReadonlyMap<number, CreationFate>,
  notLanded: Pick<Settlement, 'state' | 'reason'>,
): Promise<Settlement[]> {
  await removeSurplus(run, entries, fates);
  return entries.map(({ ordinal }): Settlement => {
    const fate = fates.get(ordinal);
    if (!fate || fate.fate === 'absent') return { ordinal, ...notLanded };
    if (fate.fate === 'unclear') return { ordinal, state: 'unknown', reason: fate.reason };
    const { record, cells, evidence, reason } = fate;
    return { ordinal, state: 'landed', recordId: record.id, found: cells, evidence, reason };
  });
}
