import { z } from 'zod';
import type { CellValue, FieldSchema } from '../../../contracts/airtable';
import { EngineError, invalidOptions, invalidValue } from '../engine-error';
import { newEngineId } from '../engine-ids';
import { choicesOf, type Choice, type EngineField } from '../schema';
import { isStorable } from '../storable-text';
import type { WriteContext } from './field-type';
import { readOptions } from './options';

/** The hues in the order new options get them. Source: Airtable Web API, field model, select colors. */
const HUES = ['blue', 'cyan', 'teal', 'green', 'yellow', 'orange', 'red', 'pink', 'purple', 'gray'] as const;
const SHADES = ['Light2', 'Light1', 'Bright', 'Dark1'] as const;
const COLORS: ReadonlySet<string> = new Set(HUES.flatMap((hue) => SHADES.map((shade) => `${hue}${shade}`)));
const MAX_CHOICES = 10_000;
const MAX_NAME = 10_000;

const Name = z.string().trim().min(1).max(MAX_NAME).refine(isStorable, 'holds NUL or half a surrogate pair');
const Color = z.string().refine((color) => COLORS.has(color), 'is no color of a select option');
const Options = z.strictObject({
  choices: z.array(z.strictObject({ name: Name, color: Color.optional() })).max(MAX_CHOICES),
});

/** A new option, coloured by its place in the list. */
export function newChoice(name: string, position: number, color?: string): Choice {
  return { id: newEngineId('sel'), name, color: color ?? `${HUES[position % HUES.length] ?? 'blue'}Light2` };
}

/** Options of a new select field. Throws EngineError when they are not a list of differently named choices. */
export function parseChoices(given: unknown, fieldName: string): { choices: Choice[] } {
  const { choices } = readOptions(Options, given, fieldName);
  const names = new Set(choices.map((choice) => choice.name));
  if (names.size !== choices.length) throw invalidOptions(fieldName, 'two choices have the same name');
  return { choices: choices.map((choice, i) => newChoice(choice.name, i, choice.color)) };
}

/** The first option with that property, without a list made for each cell. */
function findChoice(field: FieldSchema, key: 'id' | 'name', value: unknown): Choice | undefined {
  const choices = field.options?.['choices'];
  if (!Array.isArray(choices)) return undefined;
  return choices.find((choice: Partial<Choice> | null) => choice?.[key] === value) as Choice | undefined;
}

/** The id of the option that a written value names. Throws EngineError for an option that does not exist without typecast. */
export function parseChoice(value: CellValue, field: EngineField, context: WriteContext): string {
  const name =
    context.typecast && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : value;
  if (typeof name !== 'string') throw invalidValue(field.name, 'it takes the name of an option');
  const trimmed = name.trim();
  const known =
    findChoice(field, 'name', name) ?? findChoice(field, 'name', trimmed) ?? findChoice(field, 'id', name);
  if (known) return known.id;
  if (trimmed.length > MAX_NAME || !isStorable(name) || trimmed === '')
    throw invalidValue(field.name, 'that cannot be the name of an option');
  if (!context.typecast) {
    throw new EngineError(
      422,
      'INVALID_MULTIPLE_CHOICE_OPTIONS',
      `Insufficient permissions to create new select option ""${name}""`,
    );
  }
  if (choicesOf(field).length >= MAX_CHOICES)
    throw invalidValue(field.name, `it has ${MAX_CHOICES} options already`);
  return context.addChoice(field, trimmed);
}

/** The name of a stored option id. */
export function choiceName(stored: CellValue, field: FieldSchema): string | undefined {
  return findChoice(field, 'id', stored)?.name;
}

/** SQL: the place of an option in the field's list, 0 when there is none. */
export function choicePlace(optionSql: string, field: EngineField): string {
  const ids = choicesOf(field).map((choice) => `'${choice.id}'`);
  return `coalesce(array_position(ARRAY[${ids.join(',')}]::text[], ${optionSql}), 0)::numeric`;
}
