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

interface Facts {
  readonly base_id: string;
}

/** Which transitions are events in the base: what never landed, or was only looked at, leaves no row. */
export function eventOf(was: ChangeState, state: ChangeState): AuditEvent | undefined {
  switch (state) {
    case 'landed':
      return was === 'intended' || was === 'pending' || was === 'unknown' ? 'landed' : undefined;
    case 'undone':
      return ['landed', 'undo_intended', 'undo_unknown', 'undo_conflict'].includes(was)
        ? 'undone'
        : undefined;
    case 'unknown':
    case 'undo_unknown':
    case 'undo_conflict':
      return was === state ? undefined : state;
    default:
      return undefined;
  }
}

/** The append-only trail of what edits did to records, values sealed by a key per record. */
export function createChangeTrail(ring: KeyRing) {
  return {
    /** Writes down what of the settled changes is an event, in the transaction that settles them: neither is without the other. */
    async note(
      tx: Tx,
      ref: { workspaceId: string; editId: string },
      settled: readonly SettledChange[],
    ): Promise<void> {
      const events = settled.flatMap((one) => {
        const event = eventOf(one.was, one.state);
        return event ? [{ ...one, event }] : [];
      });
      if (events.length === 0) return;
      const { rows } = await tx.query<Facts & Record<string, unknown>>(
        'SELECT base_id FROM edits WHERE id = $1',
        [ref.editId],
      );
      const baseId = rows[0]?.base_id;
      if (baseId === undefined) throw new Error(`the edit ${ref.editId} is not there to be audited`);
      const subjects = events.map(subjectOf);
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
      await tx.query(
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

/** A deleted record that was brought back has another id since. */
const recordOf = ({ restoredAs, recordId, event }: SettledChange & { event: AuditEvent }): string | null =>
  event === 'undone' ? (restoredAs ?? recordId) : recordId;

/** Whose key seals it: the record's; what concerns none, such as an option, has the table's. */
function subjectOf(one: SettledChange & { event: AuditEvent }): string {
  return one.recordId ?? ('tableId' in one.change ? one.change.tableId : 'base');
}

export type ChangeTrail = ReturnType<typeof createChangeTrail>;
