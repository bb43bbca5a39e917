import { FormulaFault } from '../formula-error';
import { bounded, dateAt, type FormulaDate } from '../values';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const TOKEN =
  /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|Do|DD|D|dddd|ddd|d|HH|H|hh|h|mm|m|SSS|ss|s|A|a|ZZ|Z|X|x|LLL|LL|L|l|Q/g;
const LONG: Readonly<Record<string, string>> = {
  LLL: 'MMMM D, YYYY h:mm A',
  LL: 'MMMM D, YYYY',
  L: 'MM/DD/YYYY',
  l: 'M/D/YYYY',
};

const pad = (n: number, width: number) => String(n).padStart(width, '0');

function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13;
  return `${n}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`;
}

function part(token: string, d: Date): string {
  const hour12 = d.getUTCHours() % 12 || 12;
  const parts: Readonly<Record<string, () => string>> = {
    YYYY: () => pad(d.getUTCFullYear(), 4),
    YY: () => pad(d.getUTCFullYear() % 100, 2),
    Q: () => String(Math.floor(d.getUTCMonth() / 3) + 1),
    MMMM: () => MONTHS[d.getUTCMonth()] ?? '',
    MMM: () => (MONTHS[d.getUTCMonth()] ?? '').slice(0, 3),
    MM: () => pad(d.getUTCMonth() + 1, 2),
    M: () => String(d.getUTCMonth() + 1),
    Do: () => ordinal(d.getUTCDate()),
    DD: () => pad(d.getUTCDate(), 2),
    D: () => String(d.getUTCDate()),
    dddd: () => DAYS[d.getUTCDay()] ?? '',
    ddd: () => (DAYS[d.getUTCDay()] ?? '').slice(0, 3),
    d: () => String(d.getUTCDay()),
    HH: () => pad(d.getUTCHours(), 2),
    H: () => String(d.getUTCHours()),
    hh: () => pad(hour12, 2),
    h: () => String(hour12),
    mm: () => pad(d.getUTCMinutes(), 2),
    m: () => String(d.getUTCMinutes()),
    ss: () => pad(d.getUTCSeconds(), 2),
    s: () => String(d.getUTCSeconds()),
    SSS: () => pad(d.getUTCMilliseconds(), 3),
    A: () => (d.getUTCHours() < 12 ? 'AM' : 'PM'),
    a: () => (d.getUTCHours() < 12 ? 'am' : 'pm'),
    Z: () => '+00:00',
    ZZ: () => '+0000',
    X: () => String(Math.floor(d.getTime() / 1000)),
    x: () => String(d.getTime()),
  };
  return parts[token]?.() ?? token;
}

/** A date by a format of Moment's tokens, in UTC; `[words]` stay. Source: Airtable formula reference, DATETIME_FORMAT. */
export function formatDate(date: FormulaDate, format: string): string {
  const d = new Date(date.at);
  const text = bounded(format).replace(TOKEN, (token, words: string | undefined) => {
    if (words !== undefined) return words;
    const long = LONG[token];
    return long === undefined ? part(token, d) : long.replace(TOKEN, (inner) => part(inner, d));
  });
  return bounded(text);
}

const READERS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<short>\\d{2})',
  MMMM: '(?<name>[A-Za-z]{3,9})',
  MMM: '(?<name>[A-Za-z]{3,9})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour>\\d{2})',
  h: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  m: '(?<minute>\\d{1,2})',
  ss: '(?<second>\\d{2})',
  s: '(?<second>\\d{1,2})',
  A: '(?<half>[AaPp][Mm])',
  a: '(?<half>[AaPp][Mm])',
};

function readerOf(format: string): RegExp {
  if (format.length > 100) throw new FormulaFault('the date format is too long');
  const escape = (words: string) => words.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  let pattern = '';
  let last = 0;
  for (const found of format.matchAll(TOKEN)) {
    pattern += escape(format.slice(last, found.index));
    last = found.index + found[0].length;
    const reader = found[1] === undefined ? READERS[found[0]] : escape(found[1]);
    if (reader === undefined) throw new FormulaFault('the date format cannot be read');
    pattern += reader;
  }
  try {
    return new RegExp(`^${pattern}${escape(format.slice(last))}$`);
  } catch {
    throw new FormulaFault('the date format names a part twice');
  }
}

/** Text read by such a format; two-digit years from 69 on are 19xx, as Moment reads them. Throws FormulaFault. */
export function parseDate(text: string, format: string): FormulaDate {
  const found = readerOf(format).exec(text.trim())?.groups;
  if (!found) throw new FormulaFault('the text does not fit the date format');
  const number = (name: string, otherwise: number) =>
    found[name] === undefined ? otherwise : Number(found[name]);
  const short = number('short', 70);
  const year = number('year', short + (short >= 69 ? 1900 : 2000));
  const named = MONTHS.findIndex(
    (m) => m.slice(0, 3).toLowerCase() === found['name']?.slice(0, 3).toLowerCase(),
  );
  const month = found['name'] === undefined ? number('month', 1) - 1 : named;
  const day = number('day', 1);
  const half = found['half']?.toLowerCase();
  const hour = half === undefined ? number('hour', 0) : (number('hour', 12) % 12) + (half === 'pm' ? 12 : 0);
  const date = new Date(Date.UTC(2000, 0, 1, hour, number('minute', 0), number('second', 0)));
  date.setUTCFullYear(year, month, day);
  if (month < 0 || date.getUTCMonth() !== month || date.getUTCDate() !== day || hour > 23) {
    throw new FormulaFault('there is no such date');
  }
  return dateAt(date.getTime(), found['hour'] === undefined);
}
