import type { AuditEvent } from '../../contracts/audit';
import type { Change } from '../../contracts/changes';
import type { ChangeState } from '../../contracts/edits';
import type { Cells } from '../../contracts/airtable';
import type { Tx } from '../database/database';
import type { KeyRing } from '../encryption';
import { sealValues, valuesOf } from './sealed-values';
import { ensureKeys } from './subject-keys';

/** A change of an edit that has just come from one state to another. */
export interface SettledChange {
  readonly ordinal: number;
  readonly was: ChangeState;
  readonly state: ChangeState;
  readonly change: Change;
  readonly recordId: string | null;
  readonly restoredAs: string | null;
  readonly found: Cells | null;
  readonly evidence: string | null;
}

/** States of a change that is in the base: coming back to `landed` from them is no landing. */
const THERE: readonly ChangeState[] = ['landed', 'unchanged', 'undo_intended', 'undo_conflict'];
/** States from which `undone` tells that it is not in the base any more, or that what was unknown is not there. */
const TAKEN_BACK: readonly ChangeState[] = [
  'landed',
  'unknown',
  'undo_intended',
  'undo_unknown',
  'undo_conflict',
];
/** Events after which the trail owes an answer, with the states that are one. */
const OWED: Readonly<Partial<Record<AuditEvent, readonly ChangeState[]>>> = {
  unknown: ['undone', 'failed'],
  undo_unknown: ['landed'],
};

/** Which transitions are events in the base: what never landed, or was only looked at, leaves no row. */
export function eventOf(was: ChangeState, state: ChangeState): AuditEvent | undefined {
  switch (state) {
    case 'landed':
      return THERE.includes(was) ? undefined : 'landed';
    case 'undone':
      return TAKEN_BACK.includes(was) ? 'undone' : undefined;
    case 'unknown':
    case 'undo_unknown':
    case 'undo_conflict':
      return was === state ? undefined : state;
    default:
      return undefined;
  }
}

/** As `eventOf`, and what answers an uncertainty that the trail ends with: a change that is tried again is no longer in that state. */
async function eventsOf(tx: Tx, editId: string, settled: readonly SettledChange[]) {
  const events = settled.map((one) => eventOf(one.was, one.state));
  const silent = settled.filter(
    ({ state }, i) => !events[i] && Object.values(OWED).some((states) => states.includes(state)),
  );
  const last = new Map<number, AuditEvent>();
  if (silent.length) {
    const { rows } = await tx.query<{ ordinal: number; event: AuditEvent }>(
      `SELECT DISTINCT ON (ordinal) ordinal, event FROM audit_changes WHERE edit_id = $1 AND ordinal = ANY($2)
       ORDER BY ordinal, seq DESC`,
      [editId, silent.map(({ ordinal }) => ordinal)],
    );
    for (const { ordinal, event } of rows) last.set(ordinal, event);
  }
  return settled.flatMap((one, i) => {
    const before = last.get(one.ordinal);
    const answers = before !== undefined && OWED[before]?.includes(one.state) === true;
    const event = events[i] ?? (answers ? (one.state === 'landed' ? 'landed' : 'undone') : undefined);
    return event ? [{ ...one, event }] : [];
  });
}

/** The append-only trail of what edits did to records, values sealed by a key per record. */
export function createChangeTrail(ring: KeyRing) {
  return {
    /** Writes down what of the settled changes is an event, in the transaction that settles them: neither is without the other. */
    async note(
      tx: Tx,
      ref: { workspaceId: string; editId: string; baseId?: string },
      settled: readonly SettledChange[],
    ): Promise<void> {
      const events = await eventsOf(tx, ref.editId, settled);
      if (events.length === 0) return;
      const baseId = ref.baseId ?? (await readBaseId(tx, ref.editId));
      const subjects = events.map((one) => subjectOf(ref.editId, one));
      const keys = await ensureKeys(tx, ring, ref.workspaceId, baseId, subjects);
      const lines = events.map((one, i) => {
        const { ordinal, change, event, evidence } = one;
        const key = keys.get(subjects[i] ?? '');
        if (!key) throw new Error(`there is no key for ${subjects[i]}`);
        const recordId = recordOf(one);
        const values = valuesOf(change, event, one.found);
        const { workspaceId, editId } = ref;
        const facts = { workspaceId, editId, ordinal, baseId, recordId, kind: change.kind, event };
        const { sealed, digest } = sealValues(key, facts, values);
        return {
          n: i,
          ordinal,
          subject: subjects[i],
          table_id: 'tableId' in change ? change.tableId : '',
          record_id: recordId,
          kind: change.kind,
          event,
          evidence,
          field_ids: [...new Set([...Object.keys(values.before), ...Object.keys(values.after)])],
          digest,
          key_id: key.id,
          sealed: sealed.toString('hex'),
        };
      });
      // Nothing is asked of it: it leaves with what follows.
      tx.send(
        `WITH given AS (
           SELECT * FROM jsonb_to_recordset($3::jsonb) AS r(n int, ordinal int, table_id text, record_id text, subject text,
             kind text, event text, evidence text, field_ids text[], digest text, key_id uuid, sealed text)
         ), noted AS (
           INSERT INTO audit_changes (workspace_id, edit_id, ordinal, connection_id, base_id, table_id, record_id, subject, kind,
             event, field_ids, evidence, asked_by, planner, approved_by, operation_id, digest)
           SELECT $1, $2, g.ordinal, e.connection_id, e.base_id, g.table_id, g.record_id, g.subject, g.kind, g.event,
             g.field_ids, g.evidence, e.proposed_by, e.planner, e.decided_by, e.operation_id, g.digest
           FROM given g, edits e WHERE e.id = $2 ORDER BY g.n
           RETURNING seq, digest
         )
         INSERT INTO audit_values (workspace_id, seq, key_id, sealed)
         SELECT $1, n.seq, g.key_id, decode(g.sealed, 'hex') FROM noted n JOIN given g ON g.digest = n.digest`,
        [ref.workspaceId, ref.editId, JSON.stringify(lines)],
      );
    },
  };
}

async function readBaseId(tx: Tx, editId: string): Promise<string> {
  const { rows } = await tx.query<{ base_id: string }>('SELECT base_id FROM edits WHERE id = $1', [editId]);
  const baseId = rows[0]?.base_id;
  if (baseId === undefined) throw new Error(`the edit ${editId} is not there to be audited`);
  return baseId;
}

/** A deleted record that was brought back has another id since. */
const recordOf = ({ restoredAs, recordId, event }: SettledChange & { event: AuditEvent }): string | null =>
  event === 'undone' ? (restoredAs ?? recordId) : recordId;

/**
 * Whose key seals it: the record's. A creation whose record is not known has one of its own, so that it can be erased with the
 * record once that is; what concerns no record, such as an option, has the table's.
 */
function subjectOf(editId: string, { recordId, change, ordinal }: SettledChange): string {
  if (recordId !== null) return recordId;
  if (change.kind === 'create') return `${editId}/${ordinal}`;
  return 'tableId' in change ? change.tableId : 'base';
}

export type ChangeTrail = ReturnType<typeof createChangeTrail>;
