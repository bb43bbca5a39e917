import { z } from 'zod';
import { EditState } from './edits';
import { idOf } from './ids';

/** At most so many newer edits are taken back together with one. */
export const MAX_INCLUDED = 100;

/** A newer edit that wrote to the same cells or records as another one. */
export const Dependent = z.object({
  editId: idOf('edit'),
  headline: z.string(),
  state: EditState,
  decidedAt: z.iso.datetime().nullable(),
  records: z.number().int(),
  /** Cells that both wrote; 0 where it is about whole records. */
  cells: z.number().int(),
  /** The first ten records, with the names of the fields that both wrote. */
  examples: z.array(
    z.object({ recordId: z.string(), label: z.string().nullable(), fields: z.array(z.string()) }),
  ),
});
export type Dependent = z.infer<typeof Dependent>;

/** Newest first. */
export const DependentList = z.object({ dependents: z.array(Dependent) });

/** Which newer edits a revert takes back first: none, those named, or all that depend on it, directly or through others. */
export const ChainRequest = z.object({
  including: z.array(idOf('edit')).min(1).max(MAX_INCLUDED).optional(),
  withDependents: z.boolean().optional(),
});
export const RevertInput = z
  .strictObject(ChainRequest.shape)
  .refine(
    (i) => i.including === undefined || !i.withDependents,
    'take either `including` or `withDependents`',
  );
export type RevertInput = z.infer<typeof RevertInput>;
