import type { ConflictPage, ConflictsDecided, DecideConflictsInput } from '../../contracts/conflicts';
import type { Dependent } from '../../contracts/dependents';
import type { ReviewInput, ReviewPage } from '../../contracts/reviews';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import type { Liveness } from '../liveness';
import { decideConflicts } from './conflict-decisions';
import { listConflicts, readWaiting } from './conflicts';
import { readDependents } from './dependents';
import { readEdit } from './edit-rows';
import type { EditDependencies, EditRef } from './edit-work';
import { readClaimed } from './journal';
import { lookAtLate, readLateWaiting, viewLate } from './late-reviews';
import { lookAtRecords, readWitnessed, viewUnresolved } from './review-evidence';
import { concludeReview, countUnresolved, isBuried, readUnresolved, type ReviewEntry } from './review-rows';
import { releaseReview, reviewChunk } from './review-running';
import { checkNamed, stageVerdict, type Seen } from './review-verdicts';

interface Paging {
  readonly after: number;
  readonly limit: number;
}

/** What waits for a person: conflicts to decide on, changes whose end is unclear, and newer edits in the way of an undo. */
export function createReviews(dependencies: EditDependencies) {
  const { db, gateway } = dependencies;

  return {
    conflicts: (workspaceId: string, editId: string, query: Paging & { readonly open: boolean }) =>
      db.tenant(workspaceId, async (tx): Promise<ConflictPage> => {
        const edit = await readEdit(tx, editId);
        const tables = edit.preview?.tables ?? [];
        const conflicts = await listConflicts(tx, { id: editId, tables }, query);
        return {
          conflicts,
          nextCursor: conflicts.length === query.limit ? String(conflicts.at(-1)?.ordinal ?? '') : null,
          open: (await readWaiting(tx, editId))?.count ?? 0,
        };
      }),

    decide: (
      workspaceId: string,
      editId: string,
      by: string,
      input: DecideConflictsInput,
    ): Promise<ConflictsDecided> => db.tenant(workspaceId, (tx) => decideConflicts(tx, editId, by, input)),

    dependents: (workspaceId: string, editId: string): Promise<Dependent[]> =>
      db.tenant(workspaceId, async (tx) => {
        await readEdit(tx, editId);
        return readDependents(tx, editId);
      }),

    /** Changes that wait for a person with their evidence; with `look` each record is read anew. */
    async unresolved(
      workspaceId: string,
      editId: string,
      query: Paging & { readonly look: boolean },
      signal: AbortSignal,
    ): Promise<ReviewPage> {
      const { edit, buried, count, reviews, late } = await db.tenant(workspaceId, async (tx) => {
        const found = await readEdit(tx, editId);
        const taken = await isBuried(tx, found);
        const waits = found.state === 'needs_review';
        return {
          edit: found,
          buried: taken,
          count: waits ? await countUnresolved(tx, editId, taken) : 0,
          reviews: waits ? await readUnresolved(tx, editId, taken, query) : [],
          late: waits ? await readLateWaiting(tx, editId) : [],
        };
      });
      const now = query.look ? await look(reviews) : new Map<number, never>();
      const seen = query.look && late.length ? await lookLate(reviews) : undefined;
      const changes = await db.tenant(workspaceId, async (tx) => {
        const ref = { workspaceId, connectionId: edit.connection_id, baseId: edit.base_id };
        const views: ReviewPage['changes'] = [];
        for (const review of reviews) {
          const { ordinal } = review.entry;
          const witness = await readWitnessed(tx, ref, review.entry);
          const tables = edit.preview?.tables ?? [];
          const parts = {
            tables,
            buried,
            witness,
            now: now.get(ordinal) ?? null,
            late: late
              .filter((row) => row.ordinal === ordinal)
              .map((row) => viewLate(row, seen && (seen.get(row.record_id) ?? null))),
          };
          views.push(viewUnresolved(review, parts));
        }
        return views;
      });
      const last = changes.at(-1);
      const nextCursor = changes.length === query.limit && last ? String(last.ordinal) : null;
      return { changes, nextCursor, unresolved: count };

      /** Undefined where the base cannot be asked: the changes say why. */
      async function lookLate(open: readonly ReviewEntry[]) {
        const shown = new Set(open.map(({ entry }) => entry.ordinal));
        const client = await gateway.open({ workspaceId, id: edit.connection_id }, 'interactive');
        const base = { baseId: edit.base_id, tables: edit.preview?.tables ?? [] };
        try {
          return await lookAtLate(
            client,
            base,
            late.filter(({ ordinal }) => shown.has(ordinal)),
            signal,
          );
        } catch (error) {
          if (!(error instanceof SagatableError)) throw error;
          return undefined;
        }
      }

      async function look(open: readonly ReviewEntry[]) {
        const client = await gateway.open({ workspaceId, id: edit.connection_id }, 'interactive');
        const claimed = (ids: readonly string[]) => db.tenant(workspaceId, (tx) => readClaimed(tx, ids));
        return lookAtRecords(client, edit, open, claimed, signal);
      }
    },

    check: (ref: { workspaceId: string; editId: string }, input: ReviewInput, signal: AbortSignal) =>
      checkNamed(dependencies, ref, input, signal),
    /** `seen` is what `check` gave. */
    stage: (tx: Tx, ref: EditRef, by: string, input: ReviewInput, seen: Seen = new Map()) =>
      stageVerdict(tx, ref, by, input, seen),
    chunk: (ref: EditRef, live: Liveness) => reviewChunk(dependencies, ref, live),
    release: (ref: EditRef) => releaseReview(dependencies, ref),
    conclude: (ref: EditRef) => db.tenant(ref.workspaceId, (tx) => concludeReview(tx, ref.editId)),
  };
}

export type Reviews = ReturnType<typeof createReviews>;
