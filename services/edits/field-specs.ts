import type { TableSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { FieldSpec, ProposedField } from '../../contracts/schema-changes';
import type { SchemaIndex } from './schema-index';

type Options = NonNullable<FieldSpec['options']>;

/** What Airtable wants with a new field of the type where nothing is said. Source: Airtable Web API, field model. */
const USUAL: Readonly<Partial<Record<FieldSpec['type'], Options>>> = {
  number: { precision: 0 },
  percent: { precision: 0 },
  currency: { precision: 2, symbol: '$' },
  rating: { max: 5, icon: 'star', color: 'yellowBright' },
  duration: { durationFormat: 'h:mm' },
  checkbox: { icon: 'check', color: 'greenBright' },
  singleSelect: { choices: [] },
  multipleSelects: { choices: [] },
  date: { dateFormat: { name: 'iso' } },
  dateTime: { dateFormat: { name: 'iso' }, timeFormat: { name: '24hour' }, timeZone: 'utc' },
};

/** Source: Airtable's support pages, the primary field. */
const NEVER_PRIMARY: ReadonlySet<FieldSpec['type']> = new Set([
  'richText',
  'rating',
  'checkbox',
  'singleSelect',
  'multipleSelects',
  'multipleRecordLinks',
  'multipleAttachments',
  'singleCollaborator',
  'multipleCollaborators',
]);

/** A proposed field with complete options, and the linked table by id. Throws InvalidInput for a link without a table. */
export function completeField(index: SchemaIndex, proposed: ProposedField): FieldSpec {
  const { name, type, description } = proposed;
  const options = { ...USUAL[type], ...proposed.options };
  const linked = options['linkedTableId'];
  if (type === 'multipleRecordLinks') {
    if (typeof linked !== 'string')
      throw wrongField(`“${name}” links records: say to which table, as linkedTableId in its options.`);
    options['linkedTableId'] = index.table(linked).id;
  }
  return {
    name,
    type,
    ...(description ? { description } : {}),
    ...(Object.keys(options).length ? { options } : {}),
  };
}

/** Throws InvalidInput where two fields of a new table have one name, or the first cannot be the primary one. */
export function assertTableFields(table: string, fields: readonly Pick<FieldSpec, 'name' | 'type'>[]): void {
  const [primary] = fields;
  if (primary && NEVER_PRIMARY.has(primary.type)) {
    throw wrongField(
      `The first field of “${table}” is its primary one, and “${primary.name}” (${primary.type}) cannot be that: begin with a text field.`,
    );
  }
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name.toLowerCase()))
      throw wrongField(`“${table}” would have two fields “${name}”: case makes no difference in names.`);
    names.add(name.toLowerCase());
  }
}

/** Throws InvalidInput `name_taken` when another of `named` has the name, whatever its case. */
export function assertFreeName(
  named: readonly Pick<TableSchema, 'id' | 'name'>[],
  what: string,
  name: string,
  ownId?: string,
): void {
  const taken = named.find((it) => it.id !== ownId && it.name.toLowerCase() === name.toLowerCase());
  if (taken)
    throw new SagatableError('InvalidInput', `There is ${what} “${taken.name}” already: take another name.`, {
      code: 'name_taken',
    });
}

function wrongField(message: string): SagatableError {
  return new SagatableError('InvalidInput', message, { code: 'wrong_field' });
}
