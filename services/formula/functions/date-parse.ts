import type { FormulaContext } from '../context';
import { FormulaFault } from '../formula-error';
import { dateAt, type FormulaDate } from '../values';
import { TOKEN, withoutLongTokens } from './date-format';
import { monthName } from './date-names';

const MAX_LENGTH = 100;

/** What a token of a format matches; like Moment's, digits may be fewer than the token's letters. */
const READERS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{1,4})',
  YY: '(?<short>\\d{2})',
  Q: '[1-4]',
  MM: '(?<month>\\d{1,2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{1,2})',
  Do: '(?<day>\\d{1,2})(?:st|nd|rd|th)',
  D: '(?<day>\\d{1,2})',
  dddd: '\\p{L}+\\.?',
  ddd: '\\p{L}+\\.?',
  dd: '\\p{L}+\\.?',
  HH: '(?<hour>\\d{1,2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour>\\d{1,2})',
  h: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{1,2})',
  m: '(?<minute>\\d{1,2})',
  ss: '(?<second>\\d{1,2})',
  s: '(?<second>\\d{1,2})',
  A: '(?<half>[AaPp])\\.?[Mm]\\.?',
  a: '(?<half>[AaPp])\\.?[Mm]\\.?',
  Z: '(?<offset>Z|[+-]\\d{2}:?\\d{2})',
  ZZ: '(?<offset>Z|[+-]\\d{2}:?\\d{2})',
  X: '(?<unix>\\d{1,11})',
  x: '(?<ms>\\d{1,14})',
};

const escape = (words: string) => words.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function readerOf(format: string, names: readonly string[]): RegExp {
  if (format.length > MAX_LENGTH) throw new FormulaFault('the date format is too long');
  let pattern = '';
  let last = 0;
  for (const found of format.matchAll(TOKEN)) {
    const [token, words] = found;
    pattern += escape(format.slice(last, found.index));
    last = found.index + token.length;
    if (words !== undefined) pattern += escape(words);
    else if (token === 'MMMM' || token === 'MMM') pattern += `(?<name>${names.map(escape).join('|')})`;
    else if (token.startsWith('S')) pattern += '(?<fraction>\\d{1,9})';
    else {
      const reader = READERS[token];
      if (reader === undefined) throw new FormulaFault('the date format cannot be read');
      pattern += reader;
    }
  }
  try {
    return new RegExp(`^${pattern}${escape(format.slice(last))}$`, 'iu');
  } catch {
    throw new FormulaFault('the date format names a part twice');
  }
}

/** Every name of every month, the long ones first, each at its month's place (from 0) modulo 12. */
function monthNames(locale: string | undefined, context: FormulaContext): string[] {
  const styles = ['long', 'short'] as const;
  const all = styles.flatMap((style) =>
    Array.from({ length: 12 }, (_, month) => monthName(month, style, locale, context)),
  );
  return [...all, ...all.map((name) => name.replace(/\.$/, ''))];
}

function offsetMs(text: string | undefined): number {
  if (text === undefined || /^z$/i.test(text)) return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return minutes * 60_000 * (text.startsWith('-') ? -1 : 1);
}

/**
 * Text read by such a format, in UTC when it names no offset; two-digit years from 69 on are 19xx, as Moment reads them.
 * A format without a date means this year's January 1, or `today` when it is only a time. Throws FormulaFault.
 */
export function parseDate(
  text: string,
  format: string,
  today: number,
  locale: string | undefined,
  context: FormulaContext,
): FormulaDate {
  const names = monthNames(locale, context);
  const trimmed = text.trim();
  const found =
    trimmed.length > 2 * MAX_LENGTH
      ? undefined
      : readerOf(withoutLongTokens(format), names).exec(trimmed)?.groups;
  if (!found) throw new FormulaFault('the text does not fit the date format');
  if (found['unix'] !== undefined) return dateAt(Number(found['unix']) * 1000);
  if (found['ms'] !== undefined) return dateAt(Number(found['ms']));
  const number = (name: string, otherwise: number) =>
    found[name] === undefined ? otherwise : Number(found[name]);
  const now = new Date(today);
  const hasDay = ['year', 'short', 'month', 'name', 'day'].some((part) => found[part] !== undefined);
  const short = found['short'] === undefined ? undefined : Number(found['short']);
  const year = number(
    'year',
    short === undefined ? now.getUTCFullYear() : short + (short >= 69 ? 1900 : 2000),
  );
  const name = found['name']?.toLowerCase();
  const named = names.findIndex((candidate) => candidate.toLowerCase() === name) % 12;
  const month = name === undefined ? number('month', hasDay ? 1 : now.getUTCMonth() + 1) - 1 : named;
  const day = number('day', hasDay ? 1 : now.getUTCDate());
  const half = found['half']?.toLowerCase();
  const hour = half === undefined ? number('hour', 0) : (number('hour', 12) % 12) + (half === 'p' ? 12 : 0);
  const [minute, second] = [number('minute', 0), number('second', 0)];
  const ms = Number((found['fraction'] ?? '').padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  const exists = month >= 0 && date.getUTCMonth() === month && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) throw new FormulaFault('there is no such date');
  date.setUTCHours(hour, minute, second, ms);
  return dateAt(date.getTime() - offsetMs(found['offset']), found['hour'] === undefined);
}
