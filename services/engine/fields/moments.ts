import type { CellValue } from '../../../contracts/airtable';
import type { EngineField } from '../schema';
import { DEFAULT_RESULT } from './date-formats';
import { showMoment } from './date-text';
import type { ReadContext, TextForm } from './field-type';

/** How the field shows a moment: its option `result`, without a check for each cell. */
function resultOf(field: EngineField): {
  type: 'date' | 'dateTime';
  options: Readonly<Record<string, unknown>>;
} {
  const result = field.options?.['result'];
  if (typeof result !== 'object' || result === null || !('options' in result)) return DEFAULT_RESULT;
  const { options } = result;
  if (typeof options !== 'object' || options === null) return DEFAULT_RESULT;
  return { type: 'type' in result && result.type === 'date' ? 'date' : 'dateTime', options: { ...options } };
}

/** What computed times have in common: they are read as ISO in UTC and shown as the option `result` says. */
export const momentReading = {
  read: (value: CellValue) => value,
  formula: (value: CellValue) =>
    typeof value === 'string' ? { at: Date.parse(value), dayOnly: false } : null,
  text(value: CellValue, field: EngineField, _context: ReadContext, form: TextForm): string {
    if (typeof value !== 'string') return '';
    const { type, options } = resultOf(field);
    return showMoment(Date.parse(value), type, options, form);
  },
} as const;
