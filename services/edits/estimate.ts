import { MAX_PAGE_SIZE, MAX_RECORDS_PER_WRITE, type TableSchema } from '../../contracts/airtable';
import type { Change } from '../../contracts/changes';
import { isSchemaChange } from '../../contracts/schema-changes';
import { createDeletionEstimate } from './estimate-deletions';
import { FRESH_MS } from './look-ahead';

/** Requests, faults and conflicts left aside: a look that has got old or a lost answer costs more. */
export interface CallEstimate {
  readonly apply: number;
  /** Those of `apply` that only look, so that nothing is overwritten unseen. */
  readonly verify: number;
  /** By a compensation, or later by a revert, whichever needs more. */
  readonly undo: number;
}

/** What a connection usually has of the requests of a base, a second. See services/airtable/limits.ts. */
const USUAL_SHARE = 3;
const BATCHES_PER_LOOK = MAX_PAGE_SIZE / MAX_RECORDS_PER_WRITE;

type Kind = 'update' | 'create' | 'delete';
/** Neighbours of one kind and table; `alone` tells of each whether a look at it serves one batch only. */
interface Stretch {
  readonly key: string;
  readonly kind: Kind;
  readonly alone: boolean[];
}

/**
 * Counts the requests of a change set as it is gone through, in the order in which it is applied: a byte a change is kept.
 * It follows `withinOneLook`. `share`: requests a second that the connection has of the base; null for the usual part.
 */
export function createCallEstimate(
  tables: ReadonlyArray<Pick<TableSchema, 'id' | 'fields'>>,
  share: number | null = null,
): { add(change: Change): void; total(): CallEstimate } {
  const links = new Set(
    tables.flatMap(({ fields }) => fields.filter((f) => f.type === 'multipleRecordLinks').map((f) => f.id)),
  );
  const stretches: Stretch[] = [];
  const deletions = createDeletionEstimate(tables);
  let options = 0;
  let ofSchema = 0;
  // A slow share makes a look old before all that it could serve has left.
  const perLook = Math.min(
    BATCHES_PER_LOOK,
    Math.max(1, Math.floor(((share ?? USUAL_SHARE) * FRESH_MS) / 1_000)),
  );

  function groupsOf({ kind, alone }: Stretch): { looks: number; writes: number } {
    let [looks, writes] = [0, 0];
    for (let at = 0; at < alone.length;) {
      const window = alone.slice(at, at + MAX_PAGE_SIZE);
      const plain = kind === 'update' ? window.indexOf(true) : 0;
      const count =
        plain < 0 ? window.length : Math.min(window.length, Math.max(plain, MAX_RECORDS_PER_WRITE));
      const batches = Math.ceil(count / MAX_RECORDS_PER_WRITE);
      looks += Math.ceil(batches / perLook);
      writes += batches;
      at += count;
    }
    return { looks, writes };
  }

  return {
    add(change) {
      if (isSchemaChange(change)) {
        ofSchema++;
        return;
      }
      if (change.kind === 'createOption') {
        options++;
        return;
      }
      const { kind } = change;
      const key = `${kind}|${change.tableId}`;
      let stretch = stretches.at(-1);
      if (stretch?.key !== key) stretches.push((stretch = { key, kind, alone: [] }));
      stretch.alone.push(
        kind !== 'update' || Object.keys(change.cells).some((fieldId) => links.has(fieldId)),
      );
      if (kind === 'delete') deletions.add(change);
    },

    total() {
      // An option rides on one record, which is looked at and written by itself.
      let [writes, looks, undo] = [options + ofSchema, options + ofSchema, ofSchema * 3];
      for (const stretch of stretches) {
        const there = groupsOf(stretch);
        const back = groupsOf({ ...stretch, alone: [...stretch.alone].reverse() });
        writes += there.writes;
        // What is created has nothing to look at before, and what is brought back has not either.
        if (stretch.kind !== 'create') looks += there.looks;
        undo += back.writes + (stretch.kind === 'delete' ? 0 : back.looks);
        // A revert reads what there is before it is proposed.
        if (stretch.kind !== 'delete') undo += Math.ceil(stretch.alone.length / MAX_PAGE_SIZE);
      }
      const more = deletions.total();
      return { apply: writes + looks + more.apply, verify: looks + more.apply, undo: undo + more.undo };
    },
  };
}
