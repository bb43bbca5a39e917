import { z } from 'zod';
import { invalidValue } from '../engine-error';
import { COLORS } from './bright-colors';
import type { EngineFieldType } from './field-type';
import { readOptions } from './options';

/** Source: Airtable Web API, field model, checkbox; both are needed, as refusals seen in public code show. */
const Options = z.strictObject({
  icon: z.enum(['check', 'xCheckbox', 'star', 'heart', 'thumbsUp', 'flag', 'dot']),
  color: z.enum(COLORS),
});
const YES: ReadonlySet<string> = new Set(['true', 'checked', 'yes', '1']);

/** True or empty. */
export const checkbox: EngineFieldType = {
  type: 'checkbox',
  primary: false,
  mergeable: false,
  computed: false,
  options: (given, field) => readOptions(Options, given, field.name),
  parse(value, field, context) {
    if (typeof value === 'boolean') return value || null;
    if (context.typecast && typeof value === 'string')
      return YES.has(value.trim().toLowerCase()) ? true : null;
    throw invalidValue(field.name, 'it takes true or false');
  },
  read: (stored) => stored,
  formula: (stored) => (stored === true ? true : null),
  text: (stored) => (stored === true ? 'checked' : ''),
  sort: (field, row) => ({
    kind: 'number',
    sql: `(CASE WHEN ${row}.cells ? '${field.id}' THEN 1 ELSE 0 END)::numeric`,
  }),
};
