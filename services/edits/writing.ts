import { randomUUID } from 'node:crypto';
import type { WriteOptions } from '../airtable/client';
import { cellsToCreate, findCreations } from './creation-search';
import type { Judged } from './judging';
import { intend, type JournalEntry, type Settlement } from './journal';
import { noteLost } from './late-requests';
import { findMarkerGone } from './marker-standing';
import { markerFieldFor, sendCreations, type Created, type Creation } from './marked-creations';
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
  const creations = entries.flatMap((entry) =>
    entry.change.kind === 'create'
      ? [{ ordinal: entry.ordinal, cells: cellsToCreate(run.fields, entry) }]
      : [],
  );
  const markerField = creations.length ? markerFieldFor(run, entries, creations) : undefined;
  const batch = randomUUID();
  await intend(run.db, run.lease, run.editId, batch, 'intended', [
    ...carried,
    ...toWrite.map((w) => ({
      ordinal: w.entry.ordinal,
      found: w.found,
      ...(markerField && { markerField }),
    })),
  ]);
  const end = await sendWrite(run, (options) =>
    send(run, entries, { creations, markerField }, { ...options, typecast: option !== undefined }),
  );
  if (end.end === 'landed') {
    if (end.repeated) await noteLost(run, batch);
    const landed = entries.map((entry, i): Settlement => {
      const { record, evidence } = end.answer[i] ?? { evidence: 'answer' };
      const settled = { ordinal: entry.ordinal, state: 'landed', evidence } as const;
      return entry.change.kind === 'create' && record
        ? { ...settled, recordId: record.id, found: presentCells(run, entry.change.tableId, record) }
        : settled;
    });
    await settleBatch(run, [
      ...carried.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed', evidence: 'answer' })),
      ...landed,
    ]);
    return;
  }
  // Without an answer the entries stay `intended`: the next attempt finds out what became of them.
  if (end.end === 'unclear') throw end.error;
  const ordinals = [...carried.map((c) => c.ordinal), ...entries.map((e) => e.ordinal)];
  if (end.end === 'refused' && isRefusal(end.error) && !(await someVanished(run, entries))) {
    // An upsert is refused as well where two records carry one marker: the next look finds out whose they are.
    if (markerField !== undefined && (await carryMarkers(run, entries, markerField))) return;
    const tableId = entries[0]?.change.tableId ?? '';
    const gone = markerField === undefined ? undefined : await findMarkerGone(run, tableId, markerField);
    const refusal = gone ?? end.error;
    const reason = refusal instanceof Error ? refusal.message : String(refusal);
    await settleBatch(
      run,
      ordinals.map((ordinal): Settlement => ({ ordinal, state: 'failed', reason, notSent: true })),
      0,
    );
    throw refusal;
  }
  await settleBatch(
    run,
    ordinals.map((ordinal): Settlement => ({ ordinal, state: 'pending', notSent: true })),
    0,
  );
  if (end.end === 'unsent' || !isRefusal(end.error)) throw end.error;
}

/** Whether records carry the markers of these entries: an earlier request carried out what a later one was refused for. */
async function carryMarkers(
  run: EditRun,
  entries: readonly JournalEntry[],
  markerField: string,
): Promise<boolean> {
  const before = entries.filter(({ firstSentAt }) => firstSentAt !== null);
  const fates = await findCreations(
    run,
    before.map((entry) => ({ ...entry, markerField })),
  );
  return [...fates.values()].some(({ fate }) => fate !== 'absent');
}

/** Gives the created records, in the order of the entries; nothing for other kinds. */
async function send(
  run: EditRun,
  entries: readonly JournalEntry[],
  { creations, markerField }: { creations: readonly Creation[]; markerField: string | undefined },
  options: WriteOptions,
): Promise<readonly Created[]> {
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
  if (kind === 'create') return sendCreations(run, tableId, markerField, creations, options);
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
  await run.client.updateRecords(run.baseId, tableId, updates, options);
  return [];
}
