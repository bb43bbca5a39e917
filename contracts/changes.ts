import { z } from 'zod';
import { BaseId, idOf, RecordId } from './ids';
import { Cells, CellValue } from './airtable';
import { FieldRef, PROPOSED_SCHEMA_CHANGES, SCHEMA_CHANGES, TableRef } from './schema-changes';

/** Most changes one change set may hold. */
export const MAX_CHANGES = 100_000;

const CellChange = z.strictObject({ before: CellValue, after: CellValue });

/** Canonical changes: ids not names, exact values not text to be guessed at; null is an empty cell. */
export const UpdateChange = z.strictObject({
  kind: z.literal('update'),
  tableId: TableRef,
  recordId: RecordId,
  cells: z.record(FieldRef, CellChange),
});
export const CreateChange = z.strictObject({
  kind: z.literal('create'),
  tableId: TableRef,
  cells: z.record(FieldRef, CellValue),
  /** Set by a revert: the record whose deletion this creation undoes. */
  restores: RecordId.optional(),
});
export const DeleteChange = z.strictObject({
  kind: z.literal('delete'),
  tableId: TableRef,
  recordId: RecordId,
  before: Cells,
});
/** A select option that does not exist yet. Airtable adds one only with a record write, so it rides on the first record that uses it. */
export const CreateOptionChange = z.strictObject({
  kind: z.literal('createOption'),
  tableId: TableRef,
  fieldId: FieldRef,
  name: z.string().min(1),
});
export const Change = z.discriminatedUnion('kind', [
  UpdateChange,
  CreateChange,
  DeleteChange,
  CreateOptionChange,
  ...SCHEMA_CHANGES,
]);
export type Change = z.infer<typeof Change>;
export type UpdateChange = z.infer<typeof UpdateChange>;
export type CreateChange = z.infer<typeof CreateChange>;
export type DeleteChange = z.infer<typeof DeleteChange>;
export type CreateOptionChange = z.infer<typeof CreateOptionChange>;
export type RecordChange = UpdateChange | CreateChange | DeleteChange;

/** What a caller or planner proposes; tables and fields by id or name, values in Airtable's write form. Before-images are read by Sagatable. */
const Named = z.string().min(1).max(255);
export const ProposedChange = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('update'),
    table: Named,
    recordId: RecordId,
    cells: z.record(Named, CellValue),
  }),
  z.strictObject({ kind: z.literal('create'), table: Named, cells: z.record(Named, CellValue) }),
  z.strictObject({ kind: z.literal('delete'), table: Named, recordId: RecordId }),
  ...PROPOSED_SCHEMA_CHANGES,
]);
export type ProposedChange = z.infer<typeof ProposedChange>;

/** Bulk rules: which records (an Airtable formula; absent = all) and what becomes of them. */
export const ProposedRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('set'),
    table: Named,
    where: z.string().max(10_000).optional(),
    cells: z.record(Named, CellValue),
  }),
  /** Moves dates by whole years, months or days, empty cells left alone. */
  z.strictObject({
    kind: z.literal('shift'),
    table: Named,
    where: z.string().max(10_000).optional(),
    field: Named,
    by: z.number().int().min(-100_000).max(100_000),
    unit: z.enum(['days', 'months', 'years']),
  }),
  /** Replaces one linked record by another wherever it is linked. */
  z.strictObject({ kind: z.literal('relink'), table: Named, field: Named, from: Named, to: Named }),
  z.strictObject({ kind: z.literal('deleteWhere'), table: Named, where: z.string().min(1).max(10_000) }),
]);
export type ProposedRule = z.infer<typeof ProposedRule>;

export const ProposeEditInput = z
  .strictObject({
    connectionId: idOf('connection').optional(),
    baseId: BaseId,
    /** The proposer's own words, shown as a quotation. */
    note: z.string().max(2_000).optional(),
    changes: z.array(ProposedChange).max(MAX_CHANGES).default([]),
    rules: z.array(ProposedRule).max(100).default([]),
  })
  .refine((i) => i.changes.length + i.rules.length > 0, 'needs at least one change or rule');
export type ProposeEditInput = z.infer<typeof ProposeEditInput>;
