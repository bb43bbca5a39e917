import type { CellValue } from '../../contracts/airtable';
import { isEmptyCell } from '../cells/canonical';
import { lockBase } from './base-rows';
import { computedField, invalidValue, unknownField } from './engine-error';
import { newEngineId } from './engine-ids';
import { newChoice } from './fields/choices';
import type { Person, WriteContext } from './fields/field-type';
import { fieldTypeOf } from './fields/registry';
import { listPeople } from './people';
import type { BasePlace } from './place';
import { choicesOf, findField, type EngineBase, type EngineField, type EngineTable } from './schema';
import { tableOf } from './schema-writing';

/** A link given as text: `placeholder` stands in the cell until the record is found or made. */
export interface LinkByText {
  readonly placeholder: string;
  readonly field: EngineField;
  readonly text: string;
}

/** An attachment that a write brings (`url`) or keeps. */
export interface AttachmentWrite {
  readonly id: string;
  readonly field: EngineField;
  readonly url?: string;
  readonly filename?: string;
}

/** A write in the making: what it asked for besides the cells. */
export interface Writing extends WriteContext {
  readonly changedFields: ReadonlySet<EngineField>;
  readonly linksByText: readonly LinkByText[];
  readonly attachments: readonly AttachmentWrite[];
}

/** A table held for writing. With typecast the schema is a copy of its own, to which options may be added. */
export interface OpenTable {
  readonly base: EngineBase;
  readonly table: EngineTable;
  readonly writing: Writing;
}

/** The types whose cells name people. */
const NAMES_PEOPLE = new Set(['singleCollaborator', 'multipleCollaborators']);

function beginWriting(typecast: boolean, people: readonly Person[]): Writing {
  const changedFields = new Set<EngineField>();
  const linksByText: LinkByText[] = [];
  const attachments: AttachmentWrite[] = [];
  return {
    typecast,
    people,
    changedFields,
    linksByText,
    attachments,
    addChoice(field, name) {
      const choices = choicesOf(field);
      const choice = newChoice(name, choices.length);
      if (field.options) field.options['choices'] = [...choices, choice];
      changedFields.add(field);
      return choice.id;
    },
    linkByText(field, text) {
      const known = linksByText.find((link) => link.field === field && link.text === text);
      if (known) return known.placeholder;
      const placeholder = newEngineId('rec');
      linksByText.push({ placeholder, field, text });
      return placeholder;
    },
    attachUrl(field, url, filename) {
      const id = newEngineId('att');
      attachments.push({ id, field, url, ...(filename === undefined ? {} : { filename }) });
      return id;
    },
    keepAttachment(field, id, filename) {
      attachments.push({ id, field, ...(filename === undefined ? {} : { filename }) });
    },
  };
}

/** Takes the base for this transaction and opens one of its tables for writing. Throws EngineError. */
export async function openTable(
  place: BasePlace,
  tableIdOrName: string,
  typecast: boolean,
): Promise<OpenTable> {
  const locked = await lockBase(place);
  const base = typecast ? structuredClone(locked) : locked;
  const table = tableOf(base, tableIdOrName);
  const people = base.tables.some((t) => t.fields.some((field) => NAMES_PEOPLE.has(field.type)))
    ? await listPeople(place)
    : [];
  return { base, table, writing: beginWriting(typecast, people) };
}

/** One written value as it is stored; null for an empty cell. Throws EngineError when the field does not take it. */
export function parseCell(field: EngineField, value: unknown, writing: WriteContext): CellValue {
  const type = fieldTypeOf(field);
  if (type.computed) throw computedField(field.name);
  if (value === null || value === undefined || value === '') return null;
  const stored = type.parse(asJson(value, field), field, writing);
  return isEmptyCell(stored) ? null : stored;
}

/** No cell that can be written is nested deeper. */
const MAX_DEPTH = 8;

/** Bodies come from JSON.parse: what is not a JSON value cannot be among them. */
function asJson(value: unknown, field: EngineField, depth = 0): CellValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (depth > MAX_DEPTH || typeof value !== 'object') throw invalidValue(field.name);
  if (Array.isArray(value)) return value.map((item: unknown) => asJson(item, field, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, asJson(item, field, depth + 1)]),
  );
}

/** Written cells by field id or name as stored values by field id, null where one is cleared. Throws EngineError. */
export function parseCells(
  table: EngineTable,
  fields: Readonly<Record<string, unknown>>,
  writing: WriteContext,
): Record<string, CellValue> {
  const cells: Record<string, CellValue> = {};
  for (const [key, value] of Object.entries(fields)) {
    const field = findField(table, key);
    if (!field) throw unknownField(key);
    cells[field.id] = parseCell(field, value, writing);
  }
  return cells;
}

/** Cells after a write: `changes` over `before`, without the empty ones. */
export function mergeCells(
  before: Readonly<Record<string, CellValue>>,
  changes: Readonly<Record<string, CellValue>>,
): Record<string, CellValue> {
  return Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));
}

/** A record's cells after one of the two ways to update it. */
export function updateCells(
  table: EngineTable,
  mode: 'merge' | 'replace',
  before: Readonly<Record<string, CellValue>>,
  changes: Readonly<Record<string, CellValue>>,
): Record<string, CellValue> {
  return mergeCells(mode === 'merge' ? before : computedCells(table, before), changes);
}

/** What a replacing write begins with: only the cells that nobody can write. */
function computedCells(
  table: EngineTable,
  before: Readonly<Record<string, CellValue>>,
): Record<string, CellValue> {
  const computed = table.fields.filter((field) => fieldTypeOf(field).computed && field.id in before);
  return Object.fromEntries(computed.map((field) => [field.id, before[field.id] ?? null]));
}
