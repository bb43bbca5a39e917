import { FormulaFault } from '../formula-error';
import { bounded, MAX_RESULT, toNumber, toText, type FormulaValue } from '../values';
import { eager, type FormulaFunction } from './formula-function';

/** A number of characters: negative and missing ones are none, fractions are cut. */
const count = (value: FormulaValue | undefined) => Math.max(0, Math.trunc(toNumber(value ?? null)) || 0);

/** The place of `what` in `text` from 1, 0 when it is not there; the search begins at `start` (from 1; 0 is the same). */
function placeOf(what: string, text: string, start: FormulaValue | undefined): number {
  const from = start === undefined ? 0 : Math.max(0, count(start) - 1);
  return text.indexOf(what, from) + 1;
}

function substitute(text: string, old: string, by: string, only: FormulaValue | undefined): string {
  if (old === '') return text;
  if (only === undefined) {
    const parts = text.split(old);
    if (text.length + (parts.length - 1) * (by.length - old.length) > MAX_RESULT) {
      throw new FormulaFault('the text is too long');
    }
    return parts.join(by);
  }
  let at = -1;
  for (let n = count(only); n > 0; n--) {
    at = text.indexOf(old, at + 1);
    if (at < 0) return text;
  }
  return at < 0 ? text : text.slice(0, at) + by + text.slice(at + old.length);
}

function repeat(text: string, times: number): string {
  if (text.length * times > MAX_RESULT) throw new FormulaFault('the text is too long');
  return text === '' ? '' : text.repeat(times);
}

/** "$1,200.50" → 1200.5: signs of money and thousands are passed over, as Airtable's VALUE does. */
function readValue(value: FormulaValue): FormulaValue {
  if (value === null || typeof value === 'number') return value;
  const digits = toText(value).replace(/[^0-9.eE+-]/g, '');
  const number = Number(digits);
  if (digits === '' || !Number.isFinite(number)) throw new FormulaFault('the text is no number');
  return number;
}

/** Percent signs for all but letters, digits and -_.~ (JavaScript's own function leaves !'()* as well). */
function encode(text: string): string {
  if (!text.isWellFormed()) throw new FormulaFault('the text holds half a surrogate pair');
  const hex = (c: string) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, hex);
}

export const TEXT: readonly FormulaFunction[] = [
  eager('LEN', 1, 1, ([text = null]) => toText(text).length),
  eager('LOWER', 1, 1, ([text = null]) => bounded(toText(text).toLowerCase())),
  eager('UPPER', 1, 1, ([text = null]) => bounded(toText(text).toUpperCase())),
  eager('TRIM', 1, 1, ([text = null]) => toText(text).trim()),
  eager('LEFT', 1, 2, ([text = null, n = 1]) => toText(text).slice(0, count(n))),
  eager('RIGHT', 1, 2, ([text = null, n = 1]) => (count(n) === 0 ? '' : toText(text).slice(-count(n)))),
  eager('MID', 3, 3, ([text = null, start = null, n = null]) => {
    const from = Math.max(0, count(start) - 1);
    return toText(text).slice(from, from + count(n));
  }),
  eager('FIND', 2, 3, ([what = null, text = null, start]) => placeOf(toText(what), toText(text), start)),
  // Unlike FIND, SEARCH gives BLANK() when there is nothing, and capitals make no difference.
  eager('SEARCH', 2, 3, ([what = null, text = null, start]) => {
    return placeOf(toText(what).toLowerCase(), toText(text).toLowerCase(), start) || null;
  }),
  eager('SUBSTITUTE', 3, 4, ([text = null, old = null, by = null, only]) =>
    bounded(substitute(toText(text), toText(old), toText(by), only)),
  ),
  eager('REPLACE', 4, 4, ([text = null, start = null, n = null, by = null]) => {
    const from = Math.max(0, count(start) - 1);
    const whole = toText(text);
    return bounded(whole.slice(0, from) + toText(by) + whole.slice(from + count(n)));
  }),
  eager('CONCATENATE', 1, Infinity, (args) => bounded(args.map(toText).join(''))),
  eager('REPT', 2, 2, ([text = null, n = null]) => repeat(toText(text), count(n))),
  eager('EXACT', 2, 2, ([a = null, b = null]) => toText(a) === toText(b)),
  eager('T', 1, 1, ([value = null]) => (typeof value === 'string' ? value : null)),
  eager('VALUE', 1, 1, ([value = null]) => readValue(value)),
  eager('ENCODE_URL_COMPONENT', 1, 1, ([text = null]) => bounded(encode(toText(text)))),
];
