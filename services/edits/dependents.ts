import { MAX_INCLUDED, type Dependent } from '../../contracts/dependents';
import { SagatableError } from '../../contracts/errors';
import type { ChangeState } from '../../contracts/edits';
import type { Tx } from '../database/database';
import { fieldsOf } from './cell-comparison';
import { readEdit } from './edit-rows';

/** States in which a change is, or may be, in the base. */
export const IN_BASE: readonly ChangeState[] = ['landed', 'undo_conflict', 'undo_intended'];

/** Overlaps read of one edit: more records than that are counted no further. */
const MAX_OVERLAPS = 100_000;
const SHOWN = 10;

/**
 * Newer changes (n) to the records that an edit's changes (o) wrote, in the same base behind the same address, by any edit of
 * the workspace. A change that was itself taken back since counts neither, nor does what took it back; nor do the edit's own
 * undos. What was taken back is gathered once, not asked for record by record. Parameters: the edit, states in the base, a limit.
 */
const OVERLAPS = `
  WITH newer AS MATERIALIZED (
    SELECT n.workspace_id, n.edit_id, n.record_id, n.label, n.sent_at, o.sent_at AS written_at, ne.kind AS edit_kind, ne.revert_of,
      ne.includes, shared.fields
    FROM edits oe
      JOIN connections oc ON oc.workspace_id = oe.workspace_id AND oc.id = oe.connection_id
      JOIN edit_changes o ON o.workspace_id = oe.workspace_id AND o.edit_id = oe.id
      JOIN edit_changes n ON n.workspace_id = o.workspace_id AND n.record_id = o.record_id AND n.edit_id <> o.edit_id
        AND n.sent_at > o.sent_at
      JOIN edits ne ON ne.workspace_id = n.workspace_id AND ne.id = n.edit_id AND ne.base_id = oe.base_id
      JOIN connections nc ON nc.workspace_id = ne.workspace_id AND nc.id = ne.connection_id AND nc.url = oc.url
      CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(k ORDER BY k COLLATE "C"), '{}') AS fields
        FROM jsonb_object_keys(CASE WHEN o.kind = 'update' AND n.kind = 'update' THEN o.change -> 'cells' ELSE '{}' END) k
        WHERE n.change -> 'cells' ? k) shared
    WHERE oe.id = $1 AND o.state = ANY($2) AND n.state = ANY($2) AND o.record_id IS NOT NULL
      AND o.kind IN ('update', 'create', 'delete') AND n.kind IN ('update', 'create', 'delete')
      AND (o.kind <> 'update' OR n.kind <> 'update' OR cardinality(shared.fields) > 0)
      AND NOT (ne.kind = 'revert' AND (ne.revert_of = oe.id OR oe.id = ANY(ne.includes)))
  ), taken_back AS MATERIALIZED (
    SELECT t.edit_id, undone.record_id, max(r.sent_at) AS at
    FROM (SELECT DISTINCT workspace_id, edit_id FROM newer) t
      JOIN edits re ON re.workspace_id = t.workspace_id AND re.kind = 'revert' AND (re.revert_of = t.edit_id OR t.edit_id = ANY(re.includes))
      JOIN edit_changes r ON r.workspace_id = re.workspace_id AND r.edit_id = re.id AND r.state = ANY($2)
      CROSS JOIN LATERAL (VALUES (r.record_id), (r.change ->> 'restores')) AS undone(record_id)
    WHERE undone.record_id IS NOT NULL GROUP BY 1, 2
  )
  SELECT n.edit_id, n.record_id, n.label, n.fields
  FROM newer n LEFT JOIN taken_back t ON t.edit_id = n.edit_id AND t.record_id = n.record_id
  WHERE (t.at IS NULL OR t.at <= n.sent_at)
    AND NOT (n.edit_kind = 'revert' AND EXISTS (
      SELECT 1 FROM edit_changes x WHERE x.workspace_id = n.workspace_id AND (x.edit_id = n.revert_of OR x.edit_id = ANY(n.includes))
        AND x.record_id = n.record_id AND x.state = ANY($2) AND x.sent_at > n.written_at))
  LIMIT $3`;

interface Overlap {
  readonly edit_id: string;
  readonly record_id: string;
  readonly label: string | null;
  readonly fields: string[];
}

/** Newer edits that wrote to what an edit wrote, by the journal; newest first. */
export async function readDependents(tx: Tx, editId: string): Promise<Dependent[]> {
  const { rows } = await tx.query<Overlap & Record<string, unknown>>(OVERLAPS, [
    editId,
    IN_BASE,
    MAX_OVERLAPS,
  ]);
  const byEdit = new Map<string, Overlap[]>();
  for (const row of rows) {
    const same = byEdit.get(row.edit_id);
    if (same) same.push(row);
    else byEdit.set(row.edit_id, [row]);
  }
  const dependents: Dependent[] = [];
  for (const [id, overlaps] of byEdit) {
    const edit = await readEdit(tx, id);
    const fields = edit.preview ? fieldsOf(edit.preview) : new Map<string, { name: string }>();
    dependents.push({
      editId: id,
      headline: edit.preview?.headline ?? id,
      state: edit.state,
      decidedAt: await readDecidedAt(tx, id),
      records: new Set(overlaps.map((o) => o.record_id)).size,
      cells: overlaps.reduce((n, o) => n + o.fields.length, 0),
      examples: overlaps.slice(0, SHOWN).map((o) => ({
        recordId: o.record_id,
        label: o.label,
        fields: o.fields.map((fieldId) => fields.get(fieldId)?.name ?? fieldId),
      })),
    });
  }
  return dependents.sort((a, b) => (b.decidedAt ?? '').localeCompare(a.decidedAt ?? ''));
}

async function readDecidedAt(tx: Tx, editId: string): Promise<string | null> {
  const { rows } = await tx.query<{ at: Date | null }>('SELECT decided_at AS at FROM edits WHERE id = $1', [
    editId,
  ]);
  return rows[0]?.at?.toISOString() ?? null;
}

/**
 * The newer edits to take back together with one: all that depend on it, directly or through others, or of these the ones
 * named. Throws InvalidInput `not_a_dependent` for a name that does not depend on it, LimitReached `too_many_dependents`
 * above a hundred, Conflict `edit_not_revertible` while one of them has not ended.
 */
export async function readIncluded(
  tx: Tx,
  editId: string,
  including: readonly string[] | undefined,
): Promise<string[]> {
  const known = new Map<string, Dependent>();
  const open = [editId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const dependent of await readDependents(tx, id)) {
      if (dependent.editId === editId || known.has(dependent.editId)) continue;
      known.set(dependent.editId, dependent);
      open.push(dependent.editId);
      if (known.size > MAX_INCLUDED) {
        throw new SagatableError(
          'LimitReached',
          `More than ${MAX_INCLUDED} newer edits depend on this one: take the newest of them back first.`,
          { code: 'too_many_dependents' },
        );
      }
    }
  }
  for (const id of including ?? []) {
    if (known.has(id)) continue;
    throw new SagatableError(
      'InvalidInput',
      `The edit ${id} wrote to nothing that this one wrote: take it back by itself.`,
      { code: 'not_a_dependent', details: { editId: id } },
    );
  }
  const chosen = [...known.values()].filter((d) => !including || including.includes(d.editId));
  const running = chosen.find((d) => d.state !== 'applied' && d.state !== 'needs_review');
  if (running) {
    throw new SagatableError(
      'Conflict',
      `The newer edit ${running.editId} has not ended: it can be taken back after that.`,
      { code: 'edit_not_revertible', details: { editId: running.editId } },
    );
  }
  return chosen.map((d) => d.editId);
}

/** What a preview says of newer edits that stay: which cells they hold, and how to take them back too. */
export function describeDependents(dependents: readonly Dependent[]): string[] {
  return dependents.slice(0, SHOWN).map((d) => {
    const what = d.cells
      ? `${d.cells} cells in ${d.records} records were`
      : `${d.records} records were created, changed or deleted`;
    const examples = d.examples
      .slice(0, 3)
      .map((e) => [e.label ?? e.recordId, e.fields.join(', ')].filter(Boolean).join(': '));
    return `${what} written since by a newer edit, “${d.headline}” (${d.editId}), and stay as that one left them (${examples.join('; ')}). To take it back too, undo this edit together with it.`;
  });
}
