import { z } from 'zod';
import { cellText } from '../../cells/cells';
import { readDay, readInstant } from '../../cells/dates';
import { invalidOptions, invalidValue } from '../engine-error';
import type { EngineFieldType } from './field-type';
import { textSort } from './texts';

/** Source: Airtable Web API, field model, dateFormat. */
const FORMATS = {
  local: 'l',
  friendly: 'LL',
  us: 'M/D/YYYY',
  european: 'D/M/YYYY',
  iso: 'YYYY-MM-DD',
} as const;

const Options = z.object({
  dateFormat: z.object({
    name: z.enum(['local', 'friendly', 'us', 'european', 'iso']),
    format: z.string().optional(),
  }),
});

/** "9/5/2022" by the field's format; the day first only where the field says so. */
function castDay(text: string, european: boolean): string | undefined {
  const parts = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text.trim());
  if (!parts) return readDay(text.trim());
  const [first = '', second = '', year = ''] = parts.slice(1);
  const [month, day] = european ? [second, first] : [first, second];
  return readDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}

function formatName(options: Record<string, unknown> | null | undefined): string | undefined {
  return Options.safeParse(options).data?.dateFormat.name;
}

/** A day without time. */
export const date: EngineFieldType = {
  type: 'date',
  primary: true,
  mergeable: true,
  computed: false,
  options(given, field) {
    const parsed = Options.safeParse(given);
    if (!parsed.success) {
      throw invalidOptions(field.name, 'dateFormat.name must be local, friendly, us, european or iso');
    }
    const { name, format } = parsed.data.dateFormat;
    if (format !== undefined && format !== FORMATS[name]) {
      throw invalidOptions(field.name, `dateFormat.format of ${name} is ${FORMATS[name]}`);
    }
    return { dateFormat: { name, format: FORMATS[name] } };
  },
  parse(value, field, context) {
    const day = typeof value === 'string' ? readDay(value) : undefined;
    if (day !== undefined) return day;
    if (context.typecast && typeof value === 'string') {
      return castDay(value, formatName(field.options) === 'european') ?? null;
    }
    throw invalidValue(field.name, 'it takes a date like "2022-09-05"');
  },
  read: (stored) => stored,
  formula(stored) {
    const at = typeof stored === 'string' ? readInstant(stored) : undefined;
    return at === undefined ? null : { at, dayOnly: true };
  },
  text: (stored, field) => cellText(field, stored),
  sort: (field, row) => textSort(field.id, row),
};
