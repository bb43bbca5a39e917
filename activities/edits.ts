import type { Services } from '../services/create-services';
import type { EditRef } from '../services/edits/edits';
import { beating, liveness } from './liveness';

/** Edits and reverts. */
export function createEditActivities({ edits }: Pick<Services, 'edits'>) {
  return {
    planEdit: (i: EditRef) => beating((live) => edits.plan(i, live)),
    failPlanning: (i: { workspaceId: string; editId: string; reason: string }) =>
      edits.failPlanning(i.workspaceId, i.editId, i.reason),
    applyChunk: (i: EditRef) => edits.applyChunk(i, liveness()),
    compensateChunk: (i: EditRef) => edits.compensateChunk(i, liveness()),
    concludeEdit: (i: EditRef & { compensated: boolean; reason: string | null }) =>
      edits.conclude(i, i.compensated, i.reason),
  };
}
