import { randomUUID } from 'node:crypto';
import type { AirtableRecord, Cells, CellValue } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { differingFields, judgeUpdate, nameFields } from './cell-comparison';
import { nextBatch, type Batch } from './batches';
import { intend, type JournalEntry, type Settlement } from './journal';
import { presentCells, readPresent, someVanished } from './present';
import { resolveIntended } from './resolve';
import { followRestoredLinks, readRestoredElsewhere } from './restored-links';
import type { Tx } from '../database/database';
import {
  isRefusal,
  runChunk,
  sendWrite,
  settleBatch,
  type ChunkLimits,
  type ChunkResult,
  type EditRun,
} from './run';

/**
 * Applies some batches of an approved edit, from where its journal stands. First whatever an earlier attempt
 * left without an answer is found out; nothing unanswered is sent twice blindly. Throws when a write is refused,
 * or on a conflict under the policy `stop`: the caller then compensates.
 */
export function applyBatches(run: EditRun, limits: ChunkLimits): Promise<ChunkResult> {
  return runChunk(run, limits, async () => {
    const waitMs = await resolveIntended(run, 'applying');
    if (waitMs > 0) return { waitMs };
    const batch = await run.db.tenant(run.workspaceId, (tx) => readBatch(tx, run));
    if (!batch) return 'nothing left';
    await applyBatch(run, batch);
    return 'handled';
  });
}

async function readBatch(tx: Tx, run: EditRun): Promise<Batch | undefined> {
  const batch = await nextBatch(tx, run.editId);
  return batch && { ...batch, entries: await followRestoredLinks(tx, run.editId, run.fields, batch.entries) };
}

interface Judged {
  readonly toWrite: Array<{ entry: JournalEntry; found: Cells }>;
  readonly settled: Settlement[];
}

async function applyBatch(run: EditRun, batch: Batch): Promise<void> {
  const { option, entries } = batch;
  if (entries.length === 0) {
    if (option)
      await settleBatch(run, [
        { ordinal: option.ordinal, state: 'skipped', reason: 'no record of the approved changes uses it' },
      ]);
    return;
  }
  const judged = await judge(run, entries);
  await settleBatch(run, judged.settled);
  if (run.policy === 'stop' && judged.settled.some((s) => s.state === 'conflict')) {
    throw new SagatableError(
      'Conflict',
      'Somebody changed a record since the preview, and the approval says to stop then.',
      { code: 'edit_conflict' },
    );
  }
  if (judged.toWrite.length) await write(run, judged.toWrite, option);
}

async function judge(run: EditRun, entries: readonly JournalEntry[]): Promise<Judged> {
  const judged: Judged = { toWrite: [], settled: [] };
  const now = await readPresent(run, entries);
  const restored = await readRestored(run, entries);
  for (const entry of entries) {
    const { change, ordinal } = entry;
    if (change.kind === 'create' && change.restores !== undefined && restored.has(change.restores)) {
      judged.settled.push({ ordinal, state: 'conflict', reason: 'was brought back by another undo already' });
      continue;
    }
    if (change.kind === 'create' || change.kind === 'createOption') {
      judged.toWrite.push({ entry, found: {} });
      continue;
    }
    const record = now.get(change.recordId);
    if (!record) {
      const gone = 'the record was deleted since the preview';
      const deleted: Settlement = entry.sentAt
        ? { ordinal, state: 'landed' }
        : { ordinal, state: 'unchanged', reason: gone };
      judged.settled.push(change.kind === 'delete' ? deleted : { ordinal, state: 'conflict', reason: gone });
      continue;
    }
    if (change.kind === 'update') {
      const verdict = judgeUpdate(run.fields, change, record);
      if (verdict.kind === 'already') {
        // Sent before without an answer, and here it is: our own write, late.
        judged.settled.push(
          entry.sentAt
            ? { ordinal, state: 'landed' }
            : { ordinal, state: 'unchanged', reason: 'held this already' },
        );
      } else if (verdict.kind === 'conflict' && run.policy !== 'overwrite')
        judged.settled.push({ ordinal, state: 'conflict', reason: verdict.reason });
      else judged.toWrite.push({ entry, found: verdict.found });
      continue;
    }
    const found = presentCells(run, change.tableId, record);
    const changed = differingFields(run.fields, { ...emptied(found), ...change.before }, record).filter(
      (fieldId) => !onlyLostLinks(run, fieldId, change.before[fieldId], record.fields[fieldId]),
    );
    if (changed.length && run.policy !== 'overwrite') {
      judged.settled.push({
        ordinal,
        state: 'conflict',
        reason: `changed since the preview: ${nameFields(run.fields, changed)}`,
      });
    } else {
      judged.toWrite.push({ entry, found });
    }
  }
  return judged;
}

function readRestored(run: EditRun, entries: readonly JournalEntry[]): Promise<Set<string>> {
  const ids = entries.flatMap(({ change }) =>
    change.kind === 'create' && change.restores !== undefined ? [change.restores] : [],
  );
  return run.db.tenant(run.workspaceId, (tx) => readRestoredElsewhere(tx, run.editId, ids));
}

/** Links that went away, through this very edit or otherwise, are no reason to keep a record that is to be deleted. */
function onlyLostLinks(
  run: EditRun,
  fieldId: string,
  before: CellValue | undefined,
  now: CellValue | undefined,
): boolean {
  if (run.fields.get(fieldId)?.type !== 'multipleRecordLinks') return false;
  const known = new Set(Array.isArray(before) ? before : []);
  return (Array.isArray(now) ? now : []).every((id) => known.has(id));
}

const emptied = (cells: Cells): Cells =>
  Object.fromEntries(Object.keys(cells).map((fieldId) => [fieldId, null]));

async function write(
  run: EditRun,
  toWrite: Judged['toWrite'],
  option: JournalEntry | undefined,
): Promise<void> {
  const carried = option ? [{ ordinal: option.ordinal }] : [];
  const entries = toWrite.map((w) => w.entry);
  await intend(run.db, run.lease, run.editId, randomUUID(), 'intended', [
    ...carried,
    ...toWrite.map((w) => ({ ordinal: w.entry.ordinal, found: w.found })),
  ]);
  const end = await sendWrite(run, (options) =>
    send(run, entries, { ...options, typecast: option !== undefined }),
  );
  if (end.end === 'landed') {
    const landed = entries.map((entry, i): Settlement => {
      const record = end.answer[i];
      if (entry.change.kind !== 'create' || !record) return { ordinal: entry.ordinal, state: 'landed' };
      return {
        ordinal: entry.ordinal,
        state: 'landed',
        recordId: record.id,
        found: presentCells(run, entry.change.tableId, record),
      };
    });
    await settleBatch(run, [
      ...carried.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed' })),
      ...landed,
    ]);
    return;
  }
  // Without an answer the entries stay `intended`: the next attempt finds out what became of them.
  if (end.end === 'unclear') throw end.error;
  const ordinals = [...carried.map((c) => c.ordinal), ...entries.map((e) => e.ordinal)];
  if (end.end === 'refused' && isRefusal(end.error) && !(await someVanished(run, entries))) {
    const reason = end.error instanceof Error ? end.error.message : String(end.error);
    await settleBatch(
      run,
      ordinals.map((ordinal): Settlement => ({ ordinal, state: 'failed', reason })),
      0,
    );
    throw end.error;
  }
  await settleBatch(
    run,
    ordinals.map((ordinal): Settlement => ({ ordinal, state: 'pending', notSent: true })),
    0,
  );
  if (end.end === 'unsent' || !isRefusal(end.error)) throw end.error;
}

async function send(
  run: EditRun,
  entries: readonly JournalEntry[],
  options: { signal: AbortSignal; beforeSend: () => Promise<void>; typecast: boolean },
): Promise<AirtableRecord[]> {
  const tableId = entries[0]?.change.tableId ?? '';
  const kind = entries[0]?.change.kind;
  if (kind === 'delete') {
    await run.client.deleteRecords(
      run.baseId,
      tableId,
      entries.flatMap((e) => (e.recordId === null ? [] : [e.recordId])),
      options,
    );
    return [];
  }
  if (kind === 'create') {
    return run.client.createRecords(
      run.baseId,
      tableId,
      entries.flatMap((e) => (e.change.kind === 'create' ? [e.change.cells] : [])),
      options,
    );
  }
  const updates = entries.flatMap(({ change }) => {
    if (change.kind !== 'update') return [];
    return [
      {
        id: change.recordId,
        fields: Object.fromEntries(
          Object.entries(change.cells).map(([fieldId, cell]) => [fieldId, cell.after]),
        ),
      },
    ];
  });
  return run.client.updateRecords(run.baseId, tableId, updates, options);
}
