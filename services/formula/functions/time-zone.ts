import type { FormulaContext } from '../context';
import { FormulaFault } from '../formula-error';

const PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

function formatterOf(zone: string, context: FormulaContext): Intl.DateTimeFormat {
  return context.formatter(`zone ${zone}`, () => {
    try {
      return new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        era: 'short',
        ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
        ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
      });
    } catch (error) {
      if (error instanceof RangeError) throw new FormulaFault('there is no such time zone');
      throw error;
    }
  });
}

/** Checks that a time zone exists. Throws FormulaFault. */
export function checkZone(zone: string, context: FormulaContext): string {
  formatterOf(zone, context);
  return zone;
}

/** Milliseconds that a zone is ahead of UTC at a moment; UTC when there is no zone. Throws FormulaFault. */
export function offsetOf(at: number, zone: string | undefined, context: FormulaContext): number {
  if (zone === undefined || zone.toLowerCase() === 'utc') return 0;
  const parts = formatterOf(zone, context).formatToParts(at);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = PARTS.map((type) =>
    Number(part(type)),
  );
  const local = new Date(0);
  local.setUTCFullYear(part('era') === 'BC' ? 1 - year : year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  return local.getTime() - Math.floor(at / 1000) * 1000;
}
