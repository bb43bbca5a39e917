import type { AirtableRecord, Cells, CellValue, FieldSchema, TableSchema } from '../../contracts/airtable';
import type { ProposedRule } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import type { AirtableClient } from '../airtable/client';
import type { SchemaIndex } from './schema-index';
import { explainFormula } from './formula-refusal';
import { findLinked } from './links';
import { assertHasRecords } from './new-ids';

/** One record and what a rule makes of its cells (by field id), or its deletion. */
export interface Hit {
  readonly table: TableSchema;
  readonly record: AirtableRecord;
  readonly cells: Cells | 'delete';
}

interface Reading {
  readonly client: AirtableClient;
  readonly baseId: string;
  readonly index: SchemaIndex;
  readonly signal: AbortSignal;
}

type Rule<K extends ProposedRule['kind']> = Extract<ProposedRule, { kind: K }>;

async function* readWhere(
  r: Reading,
  table: TableSchema,
  where: string | undefined,
): AsyncGenerator<AirtableRecord> {
  assertHasRecords(table);
  const pages = r.client.listRecords(
    r.baseId,
    table.id,
    where === undefined ? {} : { filterByFormula: where },
    { signal: r.signal },
  );
  try {
    for await (const page of pages) yield* page;
  } catch (error) {
    throw where === undefined ? error : explainFormula(error, r.index, table, where);
  }
}

/** Moves a date or an instant; the day is kept within the month it lands in (31 January + 1 month = 28 or 29 February). */
export function shiftDate(value: string, by: number, unit: 'days' | 'months' | 'years'): string {
  const date = new Date(value.length === 10 ? `${value}T00:00:00.000Z` : value);
  if (unit === 'days') {
    date.setUTCDate(date.getUTCDate() + by);
  } else {
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + (unit === 'years' ? by * 12 : by));
    const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, lastDay));
  }
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) {
    throw new SagatableError('InvalidInput', `Moving ${value} by ${by} ${unit} leaves the years 1 to 9999.`, {
      code: 'wrong_value',
    });
  }
  return value.length === 10 ? date.toISOString().slice(0, 10) : date.toISOString();
}

async function* applyShift(r: Reading, rule: Rule<'shift'>): AsyncGenerator<Hit> {
  const table = r.index.table(rule.table);
  const field = r.index.writableField(table, rule.field);
  if (field.type !== 'date' && field.type !== 'dateTime') {
    throw new SagatableError(
      'InvalidInput',
      `“${field.name}” holds ${field.type}, not dates: it cannot be shifted.`,
      { code: 'wrong_value' },
    );
  }
  for await (const record of readWhere(r, table, rule.where)) {
    const value = record.fields[field.id];
    if (typeof value === 'string')
      yield { table, record, cells: { [field.id]: shiftDate(value, rule.by, rule.unit) } };
  }
}

async function* applyRelink(r: Reading, rule: Rule<'relink'>): AsyncGenerator<Hit> {
  const table = r.index.table(rule.table);
  const field = r.index.writableField(table, rule.field);
  assertHasRecords(field);
  const [from, to] = [await findLinked(r, field, rule.from), await findLinked(r, field, rule.to)];
  for await (const record of readWhere(r, table, `{${field.id}} != ''`)) {
    const links = asList(record.fields[field.id]);
    if (!links.includes(from)) continue;
    const moved = links.map((id) => (id === from ? to : id)).filter((id, i, all) => all.indexOf(id) === i);
    yield { table, record, cells: { [field.id]: moved } };
  }
}

function asList(value: CellValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];
}

/** What a rule comes to on the base as it is now. Link values given as text are taken as names of linked records. */
export async function* applyRule(r: Reading, rule: ProposedRule): AsyncGenerator<Hit> {
  switch (rule.kind) {
    case 'set': {
      const table = r.index.table(rule.table);
      const cells: Cells = {};
      for (const [key, value] of Object.entries(rule.cells)) {
        const field = r.index.writableField(table, key);
        cells[field.id] = await resolveLinks(r, field, value);
      }
      for await (const record of readWhere(r, table, rule.where)) yield { table, record, cells };
      return;
    }
    case 'shift':
      yield* applyShift(r, rule);
      return;
    case 'relink':
      yield* applyRelink(r, rule);
      return;
    case 'deleteWhere': {
      const table = r.index.table(rule.table);
      for await (const record of readWhere(r, table, rule.where)) yield { table, record, cells: 'delete' };
    }
  }
}

/** Names in a link's value become record ids; everything else stays as it is. */
export async function resolveLinks(r: Reading, field: FieldSchema, value: CellValue): Promise<CellValue> {
  if (field.type !== 'multipleRecordLinks' || value === null) return value;
  const names = typeof value === 'string' ? (value === '' ? [] : [value]) : value;
  if (!Array.isArray(names)) return value;
  const ids: CellValue[] = [];
  for (const name of names) ids.push(typeof name === 'string' ? await findLinked(r, field, name) : name);
  return ids;
}
