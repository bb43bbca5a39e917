import { readInstant, writeInstant } from '../cells/dates';
import { FormulaFault } from './formula-error';
import { readSlashedDate } from './slashed-date';

/** A point in time, ms since 1970; `dayOnly` for a date without time. Zone and locale count when it is written out. */
export interface FormulaDate {
  readonly at: number;
  readonly dayOnly: boolean;
  /** IANA name, checked to exist. */
  readonly zone?: string;
  readonly locale?: string;
}

/** What a formula computes with. null is BLANK(). */
export type FormulaValue = null | boolean | number | string | FormulaDate | readonly FormulaValue[];

/** Longest text a formula may make: it bounds what REPT and SUBSTITUTE can be made to do to a row. */
export const MAX_RESULT = 100_000;

/** True for a date value. */
export function isDate(value: FormulaValue): value is FormulaDate {
  return typeof value === 'object' && value !== null && 'dayOnly' in value;
}

/** True for a list value. */
export function isList(value: FormulaValue): value is readonly FormulaValue[] {
  return Array.isArray(value);
}

/** Text no longer than a formula may make. Throws FormulaFault. */
export function bounded(text: string): string {
  if (text.length > MAX_RESULT) throw new FormulaFault('the text is too long');
  return text;
}

/** A value as text: dates in ISO, lists joined by ", ", TRUE as 1. */
export function toText(value: FormulaValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return String(value);
  if (isDate(value)) return value.dayOnly ? writeInstant(value.at).slice(0, 10) : writeInstant(value.at);
  return bounded(value.map(toText).join(', '));
}

/** A value as a number: empty is 0, TRUE is 1, text must be a number. Throws FormulaFault. */
export function toNumber(value: FormulaValue): number {
  if (value === null || value === '') return 0;
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isDate(value)) throw new FormulaFault('a date is no number');
  const text = toText(value).trim();
  const number = text === '' ? NaN : Number(text);
  if (!Number.isFinite(number)) throw new FormulaFault('the text is no number');
  return number;
}

/** A value as a date: ISO text and "12/31/2020 4:05 pm" count. Throws FormulaFault for anything else, also for empty. */
export function toDate(value: FormulaValue): FormulaDate {
  if (isDate(value)) return value;
  const whole = isList(value) ? toText(value) : value;
  if (typeof whole !== 'string') throw new FormulaFault('the value is no date');
  const text = whole.trim();
  const at = readInstant(text);
  const date = at === undefined ? readSlashedDate(text) : { at, dayOnly: text.length === 10 };
  if (!date) throw new FormulaFault('the value is no date');
  return date;
}

/** A date made by computing. Throws FormulaFault when it is out of range. */
export function dateAt(at: number, dayOnly = false): FormulaDate {
  if (Number.isNaN(new Date(at).getTime())) throw new FormulaFault('the date is out of range');
  return { at, dayOnly };
}

/** Whether a value counts as true. Not: 0, false, "", NaN, [] and BLANK(). Source: Airtable Web API, filterByFormula. */
export function isTruthy(value: FormulaValue): boolean {
  if (value === null || value === '' || value === false) return false;
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
  return !(isList(value) && value.length === 0);
}

/** Lists in lists as one list. */
export function flatten(values: readonly FormulaValue[]): FormulaValue[] {
  return values.flatMap((value) => (isList(value) ? flatten(value) : [value]));
}
