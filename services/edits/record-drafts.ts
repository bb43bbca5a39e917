import { z } from 'zod';
import { Cells, CellValue } from '../../contracts/airtable';
import { RecordId } from '../../contracts/ids';
import type { DraftedChange } from './draft';

/** What is planned for one record so far. */
export const RecordDraft = z.object({
  tableId: z.string(),
  /** Null for a record that is to be created. */
  recordId: RecordId.nullable(),
  label: z.string().nullable(),
  /** All cells that were named, those included that already hold what they are to hold. */
  cells: z.record(z.string(), z.object({ before: CellValue, after: CellValue })),
  /** What of the record can be written again, once its deletion was planned. */
  before: Cells.nullable(),
  removed: z.boolean(),
  /** Of a creation: the record whose deletion it undoes. */
  restores: RecordId.optional(),
  largeAttachments: z.number(),
});
export type RecordDraft = z.infer<typeof RecordDraft>;

/** Kinds of drafts in order of application. */
export const DRAFT_KINDS = ['create', 'update', 'delete'] as const;
export type DraftKind = (typeof DRAFT_KINDS)[number];

const NOTHING = { label: null, cells: {}, before: null, removed: false, largeAttachments: 0 } as const;

/** A draft of what is given, with nothing planned beside it. */
export function draftRecord(
  facts: Pick<RecordDraft, 'tableId' | 'recordId'> & Partial<RecordDraft>,
): RecordDraft {
  return { ...NOTHING, ...facts };
}

/** What a draft comes to; `none` where every cell holds already what it is to hold. */
export function kindOf({ recordId, removed, cells }: RecordDraft): DraftKind | 'none' {
  if (recordId === null) return 'create';
  if (removed) return 'delete';
  return Object.values(cells).some(isChange) ? 'update' : 'none';
}

/** Two drafts of one record as one: the later proposal for a cell wins, over what the record held when it was read first. */
export function mergeDrafts(earlier: RecordDraft, later: RecordDraft): RecordDraft {
  const cells = { ...earlier.cells };
  for (const [id, { before, after }] of Object.entries(later.cells))
    cells[id] = { before: cells[id] ? cells[id].before : before, after };
  return {
    ...earlier,
    cells,
    removed: later.removed,
    before: earlier.before ?? later.before,
    largeAttachments: Math.max(earlier.largeAttachments, later.largeAttachments),
  };
}

/** The canonical change that a draft comes to, without the cells that hold already what they are to hold. */
export function toDrafted(draft: RecordDraft): DraftedChange {
  const { tableId, recordId, label, restores, largeAttachments } = draft;
  if (recordId === null) {
    const cells = Object.fromEntries(Object.entries(draft.cells).map(([id, { after }]) => [id, after]));
    return {
      label,
      change: { kind: 'create', tableId, cells, ...(restores !== undefined && { restores }) },
    };
  }
  if (draft.removed)
    return {
      label,
      largeAttachments,
      change: { kind: 'delete', tableId, recordId, before: draft.before ?? {} },
    };
  const cells = Object.fromEntries(Object.entries(draft.cells).filter(([, cell]) => isChange(cell)));
  return { label, change: { kind: 'update', tableId, recordId, cells } };
}

function isChange({ before, after }: RecordDraft['cells'][string]): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}
