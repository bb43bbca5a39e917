import { z } from 'zod';
import { cellText } from '../../cells/cells';
import { invalidOptions, invalidValue } from '../engine-error';
import type { EngineFieldType } from './field-type';

const Options = z.object({ precision: z.number().int().min(0).max(8) });

/** Text as people write numbers: "$1,200", " 12.5 ". Undefined when it is none. */
function castNumber(text: string): number | undefined {
  const plain = text
    .trim()
    .replace(/^(-?)[$€£¥]\s?/, '$1')
    .replace(/,(?=\d{3}(\D|$))/g, '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return undefined;
  const number = Number(plain);
  return Number.isFinite(number) ? number : undefined;
}

export const number: EngineFieldType = {
  type: 'number',
  primary: true,
  mergeable: true,
  computed: false,
  options(given, field) {
    const parsed = Options.safeParse(given);
    if (!parsed.success) throw invalidOptions(field.name, 'precision must be a whole number from 0 to 8');
    return { precision: parsed.data.precision };
  },
  parse(value, field, context) {
    if (context.typecast && typeof value === 'string') return castNumber(value) ?? null;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw invalidValue(field.name, 'it takes a number');
    return value + 0;
  },
  read: (stored) => stored,
  formula: (stored) => (typeof stored === 'number' ? stored : null),
  text: (stored, field) => cellText(field, stored),
  sort: (field, row) => ({
    kind: 'number',
    sql: `coalesce((${row}.cells->>'${field.id}')::numeric, '-Infinity'::numeric)`,
  }),
};
