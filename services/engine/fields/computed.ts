import type { CellValue } from '../../../contracts/airtable';
import { computedField } from '../engine-error';
import type { EngineField } from '../schema';

/** What types have in common whose cells follow from others: nobody writes them, and no upsert goes by them. */
export const computedWriting = {
  primary: false,
  mergeable: false,
  computed: true,
  parse(_value: CellValue, field: EngineField): never {
    throw computedField(field.name);
  },
} as const;
