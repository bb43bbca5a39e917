import { SAFEGUARDS } from '../../contracts/safeguards';
import { countStates } from './journal';
import { findLateCreations } from './late-creations';
import { noteLateRecords, removeLateRecords } from './late-records';
import { readLost } from './late-requests';
import { beginSweep, countLandings, endSettling, type SettleWindow } from './late-settling';
import { takeUpLateWrites } from './late-writes';
import { restoreSome } from './restoring';
import { runChunk, type ChunkLimits, type ChunkResult, type EditRun, type JournalLook } from './run';

/**
 * What a sweep came to. `wait`: nothing is left that should not be there, but the window (`until`, an ISO time) is open, or it
 * was somebody else's turn. `walk`: changes landed late after they had been taken back, and have to be taken back once more.
 */
export interface SweepResult extends Omit<ChunkResult, 'state'> {
  readonly state: ChunkResult['state'] | 'walk';
  /** End of the settle window, while it is waited for. */
  readonly until?: string;
}

/**
 * Looks whether requests of the edit that got no answer landed after all, although they were sent again or taken back
 * meanwhile, and takes that back: nobody can say how late a request may land. It is `done` when a sweep that began after the
 * settle window (`settleSeconds` after the last such request) found nothing. Repeats safely from any point.
 */
export async function sweepLate(
  run: EditRun,
  limits: ChunkLimits,
  compensated: boolean,
): Promise<SweepResult> {
  let walk = false;
  let until: string | undefined;
  const chunk = await runChunk(run, limits, async (): Promise<JournalLook> => {
    const removed = await removeLateRecords(run);
    if (removed > 0) return { handled: 1 };
    const { lost, window } = await begin(run);
    if (!window) {
      walk = compensated && (await isAnythingThere(run));
      return 'nothing left';
    }
    const taken = await takeUpLateWrites(run, lost, compensated);
    const created = await findLateCreations(run, lost, compensated);
    await noteLateRecords(run, created);
    const ours = created.filter((record) => record.ours).length;
    await run.db.tenant(run.workspaceId, (tx) => countLandings(tx, run.editId, taken.landings + ours));
    if (ours > 0) return { handled: 1 };
    if (taken.waitMs > 0) return { waitMs: taken.waitMs };
    walk = compensated && (taken.landings > 0 || (await isAnythingThere(run)));
    if (walk) return 'nothing left';
    if (taken.landings > 0) return { handled: 1 };
    // Of an edit that stands nobody walks back: what belongs to a record that was put back follows it here.
    const restored = compensated ? 'nothing left' : await restoreSome(run, 'undoing');
    if (restored !== 'nothing left') return restored;
    if (window.leftMs > 0 && SAFEGUARDS.lateSweep) {
      until = window.until.toISOString();
      await noteWaiting(run, until);
      return { waitMs: window.leftMs };
    }
    await run.db.tenant(run.workspaceId, (tx) => endSettling(tx, run.editId));
    return 'nothing left';
  });
  if (walk) return { ...chunk, state: 'walk' };
  return until === undefined ? chunk : { ...chunk, until };
}

/** Whether something is to be taken back, or to be found out about: a sweep that was killed left its findings in the journal. */
async function isAnythingThere({ db, workspaceId, editId }: EditRun): Promise<boolean> {
  const states = await db.tenant(workspaceId, (tx) => countStates(tx, editId));
  return Boolean(states.landed || states.intended || states.undo_intended);
}

/** Without a window there is nothing left that could land. */
function begin(
  run: EditRun,
): Promise<{ lost: Awaited<ReturnType<typeof readLost>>; window: SettleWindow | undefined }> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    const lost = await readLost(tx, run.editId);
    if (lost.length) {
      const window = await beginSweep(tx, run.workspaceId, run.editId, run.settleSeconds);
      return { lost, window };
    }
    await endSettling(tx, run.editId);
    return { lost, window: undefined };
  });
}

async function noteWaiting(run: EditRun, until: string): Promise<void> {
  const { done, total, message } = run.progress;
  const progress = {
    done,
    total,
    unit: 'changes',
    message: `${message}. Waiting for late writes until ${until}`,
  };
  await run.db.tenant(run.workspaceId, (tx) => run.operations.setProgress(tx, run.operationId, progress));
}
