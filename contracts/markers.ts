import { z } from 'zod';
import { BaseId, FieldId, idOf, TableId } from './ids';

/** How the text of a marker begins: nothing else may. */
export const MARKER_PREFIX = 'sgt_';

/**
 * The field of a table in which each record that an edit creates carries a marker: a text of its own that says nothing. It
 * makes a creation safe to repeat. Whether other things may be in that field is the workspace's choice.
 */
export const MarkerInput = z.strictObject({ fieldId: FieldId });
export type MarkerInput = z.infer<typeof MarkerInput>;

export const Marker = z.object({
  workspaceId: idOf('workspace'),
  connectionId: idOf('connection'),
  baseId: BaseId,
  tableId: TableId,
  fieldId: FieldId,
  /** What is to be said of the choice; it stands all the same. */
  warnings: z.array(z.string()),
  createdAt: z.iso.datetime(),
});
export type Marker = z.infer<typeof Marker>;
