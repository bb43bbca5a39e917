import { CREATABLE_TYPES } from '../../../contracts/schema-changes';
import { nearestName } from '../../tools/nearest-name';
import { CommandProblem } from './problem';
import { describe, type Reader } from './reader';
import type { NewFieldWords, SchemaStatement } from './statements';
import { parseTexts } from './values';

const SELECTS = ['singleSelect', 'multipleSelects'];
/** Types after which a number stands, and which of their options it is. */
const NUMBERED: Readonly<Record<string, 'precision' | 'max'>> = {
  number: 'precision',
  percent: 'precision',
  currency: 'precision',
  rating: 'max',
};

/** After `create table`: the table, a colon, and its fields. */
export function parseCreateTable(reader: Reader): SchemaStatement {
  const name = reader.name('a table');
  reader.expect([':'], 'the table');
  const fields: NewFieldWords[] = [];
  do {
    const field = reader.name('a field', 'as');
    if (fields.some((other) => other.name.text.toLowerCase() === field.text.toLowerCase()))
      throw new CommandProblem(`There would be two fields "${field.text}".`, field.offset);
    reader.expect(['as'], 'the field');
    fields.push({ name: field, ...parseType(reader) });
  } while (reader.accept(','));
  return { kind: 'createTable', name, fields };
}

/** After `create field`: the field, its table and its type. */
export function parseCreateField(reader: Reader): SchemaStatement {
  const name = reader.name('a field');
  reader.expect(['in'], 'the field');
  const table = reader.name('a table', 'as');
  reader.expect(['as'], 'the table');
  return { kind: 'createField', table, field: { name, ...parseType(reader) } };
}

/** After `rename`: a table, or a field of one, and its new name. */
export function parseRename(reader: Reader): SchemaStatement {
  if (reader.accept('table')) {
    const table = reader.name('a table');
    reader.expect(['to'], 'the table');
    return { kind: 'renameTable', table, name: reader.name('what the table is to be called') };
  }
  reader.expect(['field', 'table'], '"rename"');
  const field = reader.name('a field');
  reader.expect(['to'], 'the field');
  const name = reader.name('what the field is to be called');
  reader.expect(['in'], 'the new name');
  return { kind: 'renameField', table: reader.name('a table'), field, name };
}

/** After `describe`: a table, or a field of one, and its description. */
export function parseDescribe(reader: Reader): SchemaStatement {
  if (reader.accept('table')) {
    const table = reader.name('a table', 'as');
    return { kind: 'describeTable', table, text: parseDescription(reader, 'the table') };
  }
  reader.expect(['field', 'table'], '"describe"');
  const field = reader.name('a field');
  reader.expect(['in'], 'the field');
  const table = reader.name('a table', 'as');
  return { kind: 'describeField', table, field, text: parseDescription(reader, 'the table') };
}

function parseDescription(reader: Reader, after: string): string {
  reader.expect(['as'], after);
  const token = reader.take();
  if (token.kind === 'text') return token.value;
  if (token.kind === 'word' && token.value.toLowerCase() === 'empty') return '';
  throw new CommandProblem(
    `I expected a text in quotes, or empty, but found ${describe(token)}.`,
    token.start,
  );
}

function parseType(reader: Reader): Omit<NewFieldWords, 'name'> {
  const token = reader.take();
  const type = CREATABLE_TYPES.find((known) => known.toLowerCase() === token.value.toLowerCase());
  if (token.kind !== 'word' || type === undefined) {
    const near = nearestName(token.value, CREATABLE_TYPES);
    throw new CommandProblem(
      `${describe(token)} is no type of field that can be made; there are ${CREATABLE_TYPES.join(', ')}.`,
      token.start,
      near && `"${near}"`,
    );
  }
  const option = NUMBERED[type];
  if (option !== undefined && reader.peek().kind === 'number') {
    const amount = reader.take();
    const value = Number(amount.value);
    if (!Number.isInteger(value) || value < 0 || value > 10)
      throw new CommandProblem('I expected a whole number from 0 to 10.', amount.start);
    return { type, options: { [option]: value } };
  }
  if (SELECTS.includes(type) && reader.accept('['))
    return { type, options: { choices: parseTexts(reader, token.start).map((name) => ({ name })) } };
  if (type !== 'multipleRecordLinks') return { type };
  reader.expect(['to'], `"${token.value}"`);
  return { type, options: { linkedTableId: reader.name('the table to link to').text } };
}
