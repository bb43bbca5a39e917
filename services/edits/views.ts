import type { CellValue } from '../../contracts/airtable';
import type { ChangeRow, ChangeState, EditView } from '../../contracts/edits';
import { isSchemaChange } from '../../contracts/schema-changes';
import { viewApproval } from '../approvals/views';
import type { Database, Tx } from '../database/database';
import { showCell } from './cell-texts';
import { readWaiting } from './conflicts';
import { readEditCost, readIncludes } from './edit-cost';
import { readEdit, type EditRow } from './edit-rows';
import { readInterference } from './interference';
import { readNotReturning } from './not-returning';
import { planEvidence } from './evidence-plan';
import { countEvidence, countStates, ENTRY_COLUMNS, toEntry, type JournalEntry } from './journal';
import { readSettling } from './late-settling';
import type { Preview } from './preview';
import { countUnresolved, isBuried } from './review-rows';
import { showSchemaCells } from './schema-preview';

const NO_COUNTS = { changes: 0, records: 0, cells: 0, creates: 0, updates: 0, deletes: 0 };

function viewOf(
  edit: EditRow,
  extra: { outcome: EditView['outcome']; writable: boolean; revertedBy: string | null },
): EditView {
  const expired =
    edit.state === 'proposed' && edit.expires_at !== null && edit.expires_at.getTime() <= Date.now();
  return {
    id: edit.id,
    kind: edit.kind,
    workspaceId: edit.workspace_id,
    connectionId: edit.connection_id,
    baseId: edit.base_id,
    baseName: edit.base_name,
    state: expired ? 'expired' : edit.state,
    hash: edit.hash,
    headline: edit.preview?.headline ?? edit.error ?? 'Being planned',
    note: edit.note,
    proposedBy: edit.proposed_by,
    planner: edit.planner,
    counts: edit.preview?.counts ?? NO_COUNTS,
    outcome: extra.outcome,
    warnings: edit.preview?.warnings ?? [],
    groups: edit.preview?.groups ?? [],
    writable: extra.writable,
    revertOf: edit.revert_of,
    revertedBy: extra.revertedBy,
    operationId: edit.operation_id,
    calls: edit.preview?.calls ?? { apply: 0, undo: 0 },
    expiresAt: edit.expires_at?.toISOString() ?? null,
    createdAt: edit.created_at.toISOString(),
    error: edit.error,
  };
}

/** Reads of edits, in the form in which people and programs see them. */
export function createEditViews(db: Database) {
  async function read(workspaceId: string, editId: string, kind: 'whole' | 'listed'): Promise<EditView> {
    return db.tenant(workspaceId, async (tx) => {
      const edit = await readEdit(tx, editId);
      const { rows } = await tx.query<{ writable: boolean }>(
        'SELECT writable FROM connections WHERE id = $1',
        [edit.connection_id],
      );
      const reverts = await tx.query<{ id: string }>(
        `SELECT id FROM edits WHERE (revert_of = $1 OR $1 = ANY(includes)) AND state IN ('approved', 'applying', 'applied') ORDER BY created_at DESC LIMIT 1`,
        [editId],
      );
      const outcome = ['planning', 'proposed', 'rejected', 'failed'].includes(edit.state)
        ? null
        : await countStates(tx, editId);
      const view = viewOf(edit, {
        outcome,
        writable: rows[0]?.writable ?? false,
        revertedBy: reverts.rows[0]?.id ?? null,
      });
      if (kind === 'listed') return view;
      const approval = await viewApproval(tx, workspaceId, editId);
      return {
        ...view,
        ...(approval && { approval }),
        interference: await readInterference(tx, edit),
        ...(await readNotReturning(tx, edit)),
        waiting: await countWaiting(tx, edit),
        evidence: await countEvidence(tx, editId),
        evidencePlan: await planEvidence(tx, edit),
        settling: await readSettling(tx, editId),
        cost: await readEditCost(tx, edit),
        includes: await readIncludes(tx, editId),
      };
    });
  }

  return {
    get: (workspaceId: string, editId: string) => read(workspaceId, editId, 'whole'),

    /** Newest first; `before` is the id of the last edit of the page before. */
    async list(workspaceId: string, limit: number, before: string | undefined): Promise<EditView[]> {
      const { rows } = await db.tenant(workspaceId, (tx) =>
        tx.query<{ id: string }>(
          `SELECT id FROM edits WHERE $2::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM edits WHERE id = $2)
           ORDER BY created_at DESC, id DESC LIMIT $1`,
          [limit, before ?? null],
        ),
      );
      const views: EditView[] = [];
      for (const { id } of rows) views.push(await read(workspaceId, id, 'listed'));
      return views;
    },

    /** Changes of an edit in order, from after `cursor` (an ordinal). */
    async listChanges(
      workspaceId: string,
      editId: string,
      query: {
        group?: string | undefined;
        states?: readonly ChangeState[] | undefined;
        after: number;
        limit: number;
      },
    ): Promise<ChangeRow[]> {
      return db.tenant(workspaceId, async (tx) => {
        const edit = await readEdit(tx, editId);
        const { rows } = await tx.query<Parameters<typeof toEntry>[0]>(
          `SELECT ${ENTRY_COLUMNS} FROM edit_changes
           WHERE edit_id = $1 AND ordinal > $2 AND ($3::text IS NULL OR group_key = $3) AND ($4::text[] IS NULL OR state = ANY($4))
           ORDER BY ordinal LIMIT $5`,
          [editId, query.after, query.group ?? null, query.states ?? null, query.limit],
        );
        return rows.map((row) => changeRow(toEntry(row), edit.preview?.tables ?? []));
      });
    },
  };
}

/** What of an edit waits for a person. */
async function countWaiting(tx: Tx, edit: EditRow): Promise<NonNullable<EditView['waiting']>> {
  const conflicts = edit.state === 'applying' ? ((await readWaiting(tx, edit.id))?.count ?? 0) : 0;
  const reviewing = edit.state === 'needs_review';
  return {
    conflicts,
    review: reviewing ? await countUnresolved(tx, edit.id, await isBuried(tx, edit)) : 0,
  };
}

/** A change of an edit as people and programs see it. */
export function changeRow(entry: JournalEntry, tables: Preview['tables']): ChangeRow {
  const { change } = entry;
  const table = tables.find((t) => t.id === change.tableId);
  const cell = (fieldId: string, before: CellValue, after: CellValue) => {
    const field = table?.fields.find((f) => f.id === fieldId) ?? {
      id: fieldId,
      name: fieldId,
      type: 'singleLineText',
    };
    return {
      fieldId,
      fieldName: field.name,
      before,
      after,
      beforeText: showCell(field, before),
      afterText: showCell(field, after),
    };
  };
  const cells = (() => {
    if (isSchemaChange(change)) return showSchemaCells(change, tables);
    switch (change.kind) {
      case 'update':
        return Object.entries(change.cells).map(([id, c]) => cell(id, c.before, c.after));
      case 'create':
        return Object.entries(change.cells).map(([id, after]) => cell(id, null, after));
      case 'delete':
        return Object.entries(change.before).map(([id, before]) => cell(id, before, null));
      case 'createOption':
        return [cell(change.fieldId, null, change.name)];
    }
  })();
  return {
    ordinal: entry.ordinal,
    kind: change.kind,
    tableId: change.tableId,
    tableName: table?.name ?? change.tableId,
    recordId: entry.recordId,
    label: entry.label,
    cells,
    state: entry.state,
    reason: entry.reason,
    evidence: entry.evidence,
  };
}
