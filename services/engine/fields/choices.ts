import { z } from 'zod';
import type { CellValue, FieldSchema } from '../../../contracts/airtable';
import { EngineError, invalidOptions, invalidValue } from '../engine-error';
import { newEngineId } from '../engine-ids';
import { choicesOf, type Choice, type EngineField } from '../schema';
import { isStorable } from '../storable-text';
import type { WriteContext } from './field-type';

/** The colours in the order new options get them. Source: Airtable Web API, field model, select colors. */
const COLORS = [
  'blueLight2',
  'cyanLight2',
  'tealLight2',
  'greenLight2',
  'yellowLight2',
  'orangeLight2',
  'redLight2',
  'pinkLight2',
  'purpleLight2',
  'grayLight2',
];
const MAX_CHOICES = 10_000;

const Name = z.string().trim().min(1).max(10_000).refine(isStorable);
const Options = z.object({
  choices: z
    .array(
      z.object({
        name: Name,
        color: z
          .string()
          .regex(/^[a-z]+(Light1|Light2|Bright|Dark1)$/)
          .optional(),
      }),
    )
    .max(MAX_CHOICES),
});

/** A new option, coloured by its place in the list. */
export function newChoice(name: string, position: number, color?: string): Choice {
  return { id: newEngineId('sel'), name, color: color ?? COLORS[position % COLORS.length] ?? 'blueLight2' };
}

/** Options of a new select field. Throws EngineError when they are not a list of differently named choices. */
export function parseChoices(given: unknown, fieldName: string): { choices: Choice[] } {
  const parsed = Options.safeParse(given);
  if (!parsed.success) throw invalidOptions(fieldName, 'choices must be a list of {name, color?}');
  const names = new Set(parsed.data.choices.map((choice) => choice.name));
  if (names.size !== parsed.data.choices.length)
    throw invalidOptions(fieldName, 'two choices have the same name');
  return { choices: parsed.data.choices.map((choice, i) => newChoice(choice.name, i, choice.color)) };
}

/** The id of the option that a written value names. Throws EngineError for an option that does not exist without typecast. */
export function parseChoice(value: CellValue, field: EngineField, context: WriteContext): string {
  const name =
    context.typecast && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : value;
  if (typeof name !== 'string') throw invalidValue(field.name, 'it takes the name of an option');
  const trimmed = name.trim();
  const known = choicesOf(field).find(
    (choice) => choice.name === name || choice.name === trimmed || choice.id === name,
  );
  if (known) return known.id;
  if (!context.typecast) {
    throw new EngineError(
      422,
      'INVALID_MULTIPLE_CHOICE_OPTIONS',
      `Insufficient permissions to create new select option ""${name}""`,
    );
  }
  if (!Name.safeParse(name).success) throw invalidValue(field.name, 'that cannot be the name of an option');
  if (choicesOf(field).length >= MAX_CHOICES)
    throw invalidValue(field.name, `it has ${MAX_CHOICES} options already`);
  return context.addChoice(field, trimmed);
}

/** The name of a stored option id. */
export function choiceName(stored: CellValue, field: FieldSchema): string | undefined {
  return choicesOf(field).find((choice) => choice.id === stored)?.name;
}

/** SQL: the place of an option in the field's list, 0 when there is none. */
export function choicePlace(optionSql: string, field: EngineField): string {
  const ids = choicesOf(field).map((choice) => `'${choice.id}'`);
  return `coalesce(array_position(ARRAY[${ids.join(',')}]::text[], ${optionSql}), 0)::numeric`;
}
