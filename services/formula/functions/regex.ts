import type { Matcher } from 're2js';
import type { FormulaContext } from '../context';
import { FormulaFault } from '../formula-error';
import { MAX_RESULT, toText, type FormulaValue } from '../values';
import { eager, type FormulaFunction } from './formula-function';

/** A search through a text, paid for before it begins. */
function search(text: string, pattern: FormulaValue, context: FormulaContext): Matcher {
  const regex = context.regex(toText(pattern));
  context.spend(text.length * regex.programSize());
  return regex.matcher(text);
}

/** $1 … $9 stand for what the groups matched. */
function expand(by: string, found: Matcher): string {
  return by.replace(/\$([0-9])/g, (whole, digit: string) =>
    Number(digit) <= found.groupCount() ? (found.group(Number(digit)) ?? '') : whole,
  );
}

function replaceAll(text: string, pattern: FormulaValue, by: string, context: FormulaContext): string {
  const found = search(text, pattern, context);
  const parts: string[] = [];
  let length = 0;
  let last = 0;
  const add = (part: string) => {
    length += part.length;
    if (length > MAX_RESULT) throw new FormulaFault('the text is too long');
    parts.push(part);
  };
  while (found.find()) {
    add(text.slice(last, found.start()));
    add(expand(by, found));
    last = found.end();
  }
  add(text.slice(last));
  return parts.join('');
}

/** Source: Airtable formula reference, regex functions: they are RE2's, and match any part of the text. */
export const REGEX: readonly FormulaFunction[] = [
  eager('REGEX_MATCH', 2, 2, ([text = null, pattern = null], _row, context) =>
    search(toText(text), pattern, context).find(),
  ),
  eager('REGEX_EXTRACT', 2, 2, ([text = null, pattern = null], _row, context) => {
    const found = search(toText(text), pattern, context);
    if (!found.find()) throw new FormulaFault('nothing matches the regular expression');
    return found.group() ?? '';
  }),
  eager('REGEX_REPLACE', 3, 3, ([text = null, pattern = null, by = null], _row, context) =>
    replaceAll(toText(text), pattern, toText(by), context),
  ),
];
