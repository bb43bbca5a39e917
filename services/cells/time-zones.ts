/** Names remembered: all that there are, with room for spellings. */
const MAX_REMEMBERED = 1_000;
/** Formatters by zone: one takes longer to make than a thousand uses of it, and holds nothing but the zone's rules. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

function make(zone: string): Intl.DateTimeFormat | undefined {
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
  } catch {
    return undefined;
  }
}

function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = FORMATTERS.get(zone);
  if (known) return known;
  const made = make(zone);
  if (!made) return undefined;
  if (FORMATTERS.size >= MAX_REMEMBERED) FORMATTERS.clear();
  FORMATTERS.set(zone, made);
  return made;
}

/** Whether text names a time zone: an IANA name that the runtime knows. */
export function isTimeZone(text: string): boolean {
  return formatterOf(text) !== undefined;
}

/** Milliseconds that a zone is ahead of UTC at an instant; none for `client` and what is no zone. */
export function zoneOffset(at: number, zone: string): number {
  // Most fields.
  if (zone === 'utc' || zone === 'client') return 0;
  const formatter = formatterOf(zone);
  if (!formatter) return 0;
  const parts = formatter.formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? '';
  const year = part('era').startsWith('B') ? 1 - Number(part('year')) : Number(part('year'));
  const local = new Date(0);
  local.setUTCFullYear(year, Number(part('month')) - 1, Number(part('day')));
  local.setUTCHours(Number(part('hour')), Number(part('minute')), Number(part('second')));
  return local.getTime() - Math.floor(at / 1000) * 1000;
}
