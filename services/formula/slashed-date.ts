const SLASHED = /^(\d{1,2})\/(\d{1,2})\/(\d{4}|\d{2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([ap]m))?)?$/i;

/**
 * Reads the date of the formula reference's examples, month first: "12/31/2020", "1/5/20 4:05 pm"; in UTC, two-digit
 * years from 69 on are 19xx. Undefined when the text is none. Source: Airtable formula reference, DATEADD and WORKDAY.
 */
export function readSlashedDate(text: string): { at: number; dayOnly: boolean } | undefined {
  const found = SLASHED.exec(text);
  if (!found) return undefined;
  const [, month = '', day = '', years = '', hour, minute = '0', second = '0', half] = found;
  const short = Number(years);
  const year = years.length === 4 ? short : short + (short >= 69 ? 1900 : 2000);
  const hours = half === undefined ? Number(hour ?? 0) : (Number(hour) % 12) + (/^p/i.test(half) ? 12 : 0);
  const date = new Date(Date.UTC(2000, 0, 1, hours, Number(minute), Number(second)));
  date.setUTCFullYear(year, Number(month) - 1, Number(day));
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  const inRange = hours < 24 && Number(minute) < 60 && Number(second) < 60 && !(half && Number(hour) > 12);
  return exists && inRange ? { at: date.getTime(), dayOnly: hour === undefined } : undefined;
}
