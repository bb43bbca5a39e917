import type { ConflictPage, ConflictsDecided, DecideConflictsInput } from '../../contracts/conflicts';
import type { Dependent } from '../../contracts/dependents';
import type { ReviewInput, ReviewPage } from '../../contracts/reviews';
import type { Tx } from '../database/database';
import type { Liveness } from '../liveness';
import { decideConflicts } from './conflict-decisions';
import { listConflicts, readWaiting } from './conflicts';
import { readDependents } from './dependents';
import { readEdit } from './edit-rows';
import type { EditDependencies, EditRef } from './edit-work';
import { readClaimed } from './journal';
import { lookAtRecords, readWitnessed, viewUnresolved } from './review-evidence';
import {
  concludeReview,
  countUnresolved,
  isBuried,
  LEFT_LATE,
  readUnresolved,
  type ReviewEntry,
} from './review-rows';
import { releaseReview, reviewChunk } from './review-running';
import { checkNamedRecord, stageVerdict } from './review-verdicts';

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
      const { edit, buried, count, reviews } = await db.tenant(workspaceId, async (tx) => {
        const found = await readEdit(tx, editId);
        const taken = await isBuried(tx, found);
        const waits = found.state === 'needs_review';
        return {
          edit: found,
          buried: taken,
          count: waits ? await countUnresolved(tx, editId, taken) : 0,
          reviews: waits ? await readUnresolved(tx, editId, taken, query) : [],
        };
      });
      const now = query.look ? await look(reviews) : new Map<number, never>();
      const changes = await db.tenant(workspaceId, async (tx) => {
        const ref = { workspaceId, connectionId: edit.connection_id, baseId: edit.base_id };
        const late = await readLate(tx, editId);
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
            late: late.get(ordinal) ?? [],
          };
          views.push(viewUnresolved(review, parts));
        }
        return views;
      });
      const last = changes.at(-1);
      const nextCursor = changes.length === query.limit && last ? String(last.ordinal) : null;
      return { changes, nextCursor, unresolved: count };

      async function look(open: readonly ReviewEntry[]) {
        const client = await gateway.open({ workspaceId, id: edit.connection_id }, 'interactive');
        const claimed = (ids: readonly string[]) => db.tenant(workspaceId, (tx) => readClaimed(tx, ids));
        return lookAtRecords(client, edit, open, claimed, signal);
      }
    },

    check: (ref: { workspaceId: string; editId: string }, input: ReviewInput, signal: AbortSignal) =>
      checkNamedRecord(dependencies, ref, input, signal),
    stage: (tx: Tx, ref: EditRef, by: string, input: ReviewInput) => stageVerdict(tx, ref, by, input),
    chunk: (ref: EditRef, live: Liveness) => reviewChunk(dependencies, ref, live),
    release: (ref: EditRef) => releaseReview(dependencies, ref),
    conclude: (ref: EditRef) => db.tenant(ref.workspaceId, (tx) => concludeReview(tx, ref.editId)),
  };
}

async function readLate(tx: Tx, editId: string): Promise<Map<number, string[]>> {
  const { rows } = await tx.query<{ ordinal: number; ids: string[] }>(
    `SELECT ordinal, array_agg(record_id ORDER BY found_at, record_id COLLATE "C") AS ids FROM late_records
     WHERE edit_id = $1 AND state IN ${LEFT_LATE} GROUP BY ordinal`,
    [editId],
  );
  return new Map(rows.map((row) => [row.ordinal, row.ids]));
}

export type Reviews = ReturnType<typeof createReviews>;
