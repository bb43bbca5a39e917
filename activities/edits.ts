import type { Services } from '../services/create-services';
import type { EditRef } from '../services/edits/edits';
import { beating, type Liveness } from '../services/liveness';
import { liveness } from './liveness';

function alive<T>(work: (live: Liveness) => Promise<T>): Promise<T> {
  const live = liveness();
  return beating(live, () => work(live));
}

/** Edits and reverts. */
export function createEditActivities({ edits }: Pick<Services, 'edits'>) {
  return {
    planEdit: (i: EditRef) => alive((live) => edits.plan(i, live)),
    failPlanning: (i: { workspaceId: string; editId: string; reason: string }) =>
      edits.failPlanning(i.workspaceId, i.editId, i.reason),
    applyChunk: (i: EditRef) => alive((live) => edits.applyChunk(i, live)),
    compensateChunk: (i: EditRef) => alive((live) => edits.compensateChunk(i, live)),
    sweepEdit: (i: EditRef & { compensated: boolean }) =>
      alive((live) => edits.sweep(i, i.compensated, live)),
    concludeEdit: (i: EditRef & { compensated: boolean; reason: string | null }) =>
      edits.conclude(i, i.compensated, i.reason),
  };
}
