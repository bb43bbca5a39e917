import { z } from 'zod';
import { Cells } from '../../../contracts/airtable';
import { RecordId } from '../../../contracts/ids';
import { checkInput } from './input';

/** Most fields that records can be matched by. Source: Airtable Web API, update multiple records. */
const MAX_MERGE_FIELDS = 3;
const MERGE_FIELDS = `must name 1 to ${MAX_MERGE_FIELDS} fields`;

const Upsert = z.object({
  records: z.array(z.object({ id: RecordId.optional(), fields: Cells }).readonly()).readonly(),
  fieldsToMergeOn: z
    .array(z.string().min(1, 'must be a field’s id or name'))
    .min(1, MERGE_FIELDS)
    .max(MAX_MERGE_FIELDS, MERGE_FIELDS)
    .refine((names) => new Set(names).size === names.length, 'must name each field once')
    .readonly(),
  /** Whether cells that are not named stay (PATCH) or are cleared (PUT). */
  mode: z.enum(['merge', 'replace']).default('merge'),
});
export type Upsert = z.input<typeof Upsert>;

/** Throws InvalidInput. */
export function checkUpsert(upsert: Upsert): z.output<typeof Upsert> {
  return checkInput(Upsert, upsert);
}
