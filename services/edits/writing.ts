import { randomUUID } from 'node:crypto';
import type { AirtableRecord } from '../../contracts/airtable';
import type { WriteOptions } from '../airtable/client';
import type { Judged } from './judging';
import { intend, type JournalEntry, type Settlement } from './journal';
import { presentCells, someVanished } from './present';
import { isRefusal, sendWrite, settleBatch, type EditRun } from './run';

/** Journals, sends and settles one request's worth of entries; throws what it could not settle. */
export async function writeBatch(
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
  options: WriteOptions,
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
