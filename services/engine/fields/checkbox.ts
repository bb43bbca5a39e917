import { z } from 'zod';
import { cellText } from '../../cells/cells';
import { invalidOptions, invalidValue } from '../engine-error';
import type { EngineFieldType } from './field-type';

/** Source: Airtable Web API, field model, checkbox. */
const Options = z.object({
  icon: z.enum(['check', 'xCheckbox', 'star', 'heart', 'thumbsUp', 'flag', 'dot']).default('check'),
  color: z
    .string()
    .regex(/^[a-z]+Bright$/i)
    .default('greenBright'),
});

const YES = new Set(['true', 'checked', 'yes', '1']);

export const checkbox: EngineFieldType = {
  type: 'checkbox',
  primary: false,
  mergeable: false,
  computed: false,
  options(given, field) {
    const parsed = Options.safeParse(given ?? {});
    if (!parsed.success) throw invalidOptions(field.name, 'icon or color is not one that a checkbox has');
    return parsed.data;
  },
  parse(value, field, context) {
    if (typeof value === 'boolean') return value || null;
    if (context.typecast && typeof value === 'string')
      return YES.has(value.trim().toLowerCase()) ? true : null;
    throw invalidValue(field.name, 'it takes true or false');
  },
  read: (stored) => stored,
  formula: (stored) => (stored === true ? true : null),
  text: (stored, field) => cellText(field, stored),
  sort: (field, row) => ({
    kind: 'number',
    sql: `(CASE WHEN ${row}.cells ? '${field.id}' THEN 1 ELSE 0 END)::numeric`,
  }),
};
