export type DayStyle = 'numeric' | 'long';

/** Languages remembered; a service meets few of them. */
const MAX_REMEMBERED = 100;
/** Formatters by language and style: see `time-zones.ts`. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

function make(locale: string, style: DayStyle): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    calendar: 'gregory',
    numberingSystem: 'latn',
    timeZone: 'UTC',
    year: 'numeric',
    month: style,
    day: 'numeric',
  };
  try {
    return new Intl.DateTimeFormat(locale, options);
  } catch {
    return new Intl.DateTimeFormat('en', options);
  }
}

function formatterOf(locale: string, style: DayStyle): Intl.DateTimeFormat {
  const key = `${style} ${locale}`;
  const known = FORMATTERS.get(key);
  if (known) return known;
  const made = make(locale, style);
  if (FORMATTERS.size >= MAX_REMEMBERED) FORMATTERS.clear();
  FORMATTERS.set(key, made);
  return made;
}

function written({ type, value }: Intl.DateTimeFormatPart, style: DayStyle): string {
  if (type === 'year') return value.padStart(4, '0');
  return style === 'numeric' && (type === 'day' || type === 'month') ? value.replace(/^0/, '') : value;
}

/**
 * A day (ms of its midnight in UTC) in a language: `numeric` like Moment's l ("9/5/2022", "5.9.2022"), `long` like its LL
 * ("September 5, 2022"). English for a language that is none.
 */
export function writtenDay(at: number, locale: string, style: DayStyle): string {
  return formatterOf(locale, style)
    .formatToParts(at)
    .map((part) => written(part, style))
    .join('');
}
