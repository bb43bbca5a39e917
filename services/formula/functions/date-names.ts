import type { FormulaContext } from '../context';
import { dayAt } from './calendar';

type Style = 'long' | 'short';

function formatter(
  locale: string | undefined,
  part: 'month' | 'weekday',
  style: Style,
  context: FormulaContext,
): Intl.DateTimeFormat {
  return context.formatter(`${part} ${style} ${locale ?? ''}`, () => {
    const options = { [part]: style, timeZone: 'UTC' };
    try {
      return new Intl.DateTimeFormat(locale ?? 'en', options);
    } catch (error) {
      // Moment, which Airtable formats with, goes on in English where it does not know the locale.
      if (error instanceof RangeError) return new Intl.DateTimeFormat('en', options);
      throw error;
    }
  });
}

/** A month's name; months from 0. */
export function monthName(month: number, style: Style, locale: string | undefined, context: FormulaContext) {
  return formatter(locale, 'month', style, context).format(dayAt(2023, month, 15));
}

/** A day's name; Sunday is 0. */
export function dayName(day: number, style: Style, locale: string | undefined, context: FormulaContext) {
  return formatter(locale, 'weekday', style, context).format(dayAt(2023, 0, 1 + day));
}
