import { findCreations } from './creation-search';
import { readOrdinals, type JournalEntry } from './journal';
import type { LateRecord } from './late-records';
import { createsRecords, type LostRequest } from './late-requests';
import { followRestoredLinks } from './restored-links';
import type { EditRun } from './run';

/** Whose end is told by their own state: somebody looks at them anyway, or their record may still be theirs. */
const TOLD: ReadonlySet<JournalEntry['state']> = new Set([
  'unknown',
  'undo_unknown',
  'intended',
  'undo_intended',
]);

/**
 * Records that lost requests created beside those which the journal knows: a creation that was sent again and then landed
 * twice, one that landed after it was given up, a deleted record that came back twice. By the same evidence as any creation
 * without an answer; what that leaves unclear is named, and not taken.
 */
export async function findLateCreations(
  run: EditRun,
  lost: readonly LostRequest[],
  compensated: boolean,
): Promise<LateRecord[]> {
  const found = new Map<string, LateRecord>();
  for (const request of sameOnce(lost.filter(createsRecords))) {
    const entries = await readCarried(run, request.ordinals);
    // Taken back already, it is nothing of this edit's until it is found; while it stands, its record is claimed.
    const open = entries.some(({ state }) => TOLD.has(state) || (compensated && state === 'landed'));
    if (open || entries.length === 0) continue;
    for (const [ordinal, fate] of await findCreations(run, entries, request.batch)) {
      const own = { ordinal, tableId: request.tableId };
      if (fate.fate === 'unclear') {
        for (const recordId of fate.records)
          if (!found.has(recordId))
            found.set(recordId, {
              ...own,
              recordId,
              cells: {},
              evidence: null,
              reason: fate.reason,
              ours: false,
            });
      } else if (fate.fate === 'found') {
        const { cells, evidence, reason } = fate;
        for (const recordId of [fate.record.id, ...fate.surplus])
          found.set(recordId, { ...own, recordId, cells, evidence, reason, ours: true });
      }
    }
    // What is found is written down before another request is asked about: it might take the same records for its own.
    if ([...found.values()].some(({ ours }) => ours)) break;
  }
  return [...found.values()];
}

/** Of requests that carried the same, the last stands for all: what they make is alike, and what was found is set off against the earlier ones. */
function sameOnce(lost: readonly LostRequest[]): LostRequest[] {
  return [...new Map(lost.map((request) => [request.ordinals.join(), request])).values()];
}

function readCarried(run: EditRun, ordinals: readonly number[]): Promise<JournalEntry[]> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    const entries = await readOrdinals(tx, run.editId, ordinals);
    const creating = entries.filter(({ change }) => change.kind !== 'createOption');
    return followRestoredLinks(tx, run.editId, run.fields, creating);
  });
}
