import type { Tx } from '../database/database';
import type { Liveness } from '../liveness';
import { chooseChanges } from './choosing';
import { concludeEdit } from './concluding';
import { moveEdit } from './edit-rows';
import type { EditDependencies, EditRef } from './edit-work';
import { clearPlanned } from './planned-rows';
import { planEdit } from './planning';
import { findConnection, proposeEdit, type Proposal } from './proposing';
import { applyChunk, compensateChunk, sweepEdit } from './running';

/** Planning, applying and taking back edits. Everything is driven from the journal and may be repeated from any point. */
export function createEdits(dependencies: EditDependencies) {
  const { db } = dependencies;
  return {
    connectionFor: (workspaceId: string, baseId: string, connectionId: string | undefined) =>
      findConnection(dependencies, workspaceId, baseId, connectionId),
    plan: (ref: { workspaceId: string; editId: string }, live: Liveness) => planEdit(dependencies, ref, live),
    propose: (proposal: Proposal, live: Liveness) => proposeEdit(dependencies, proposal, live),

    /** Marks a proposal that could not be planned, so that it says so instead of waiting for ever. */
    failPlanning: (workspaceId: string, editId: string, reason: string) =>
      db.tenant(workspaceId, async (tx) => {
        if (await moveEdit(tx, editId, ['planning'], 'failed', reason)) await clearPlanned(tx, editId);
      }),

    choose: (tx: Tx, editId: string, only: readonly number[] | undefined) => chooseChanges(tx, editId, only),
    applyChunk: (ref: EditRef, live: Liveness) => applyChunk(dependencies, ref, live),
    compensateChunk: (ref: EditRef, live: Liveness) => compensateChunk(dependencies, ref, live),
    sweep: (ref: EditRef, compensated: boolean, live: Liveness) =>
      sweepEdit(dependencies, ref, compensated, live),
    conclude: (ref: EditRef, compensated: boolean, reason: string | null) =>
      db.tenant(ref.workspaceId, (tx) => concludeEdit(tx, ref, compensated, reason)),
  };
}

export type { EditRef } from './edit-work';
export type Edits = ReturnType<typeof createEdits>;
