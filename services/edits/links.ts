import type { FieldSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { RecordId } from '../../contracts/ids';
import type { AirtableClient } from '../airtable/client';
import { assertHasRecords } from './new-ids';
import type { SchemaIndex } from './schema-index';

/** A text as a literal of Airtable's formula language. */
export function quoteFormula(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/**
 * A field in Airtable's formula language, by its name: ids are not taken everywhere there. Source: issue 321 of airtable.js.
 */
export function quoteField(name: string): string {
  return `{${name.replace(/[\\}]/g, '\\$&')}}`;
}

/**
 * The record that a link's value means: an id as it is, else the one record of the linked table whose primary
 * cell is that text. Throws InvalidInput when there is none or more than one; nothing is created by guess.
 */
export async function findLinked(
  r: { client: AirtableClient; baseId: string; index: SchemaIndex; signal: AbortSignal },
  field: FieldSchema,
  nameOrId: string,
): Promise<string> {
  const linkedTableId = field.options?.['linkedTableId'];
  if (field.type !== 'multipleRecordLinks' || typeof linkedTableId !== 'string') {
    throw new SagatableError('InvalidInput', `“${field.name}” (${field.type}) does not link records.`, {
      code: 'wrong_value',
    });
  }
  if (RecordId.safeParse(nameOrId).success) return nameOrId;
  const table = r.index.table(linkedTableId);
  assertHasRecords(table);
  const primary = r.index.primaryField(table);
  const found: string[] = [];
  const query = {
    filterByFormula: `${quoteField(primary.name)} = ${quoteFormula(nameOrId)}`,
    fields: [primary.id],
    maxRecords: 2,
  };
  for await (const page of r.client.listRecords(r.baseId, table.id, query, { signal: r.signal }))
    found.push(...page.map((record) => record.id));
  const [only, second] = found;
  if (only === undefined) {
    throw new SagatableError('InvalidInput', `There is no record “${nameOrId}” in “${table.name}”.`, {
      code: 'unknown_record',
    });
  }
  if (second !== undefined) {
    throw new SagatableError(
      'InvalidInput',
      `There are several records “${nameOrId}” in “${table.name}”: give the id of one.`,
      { code: 'ambiguous_record' },
    );
  }
  return only;
}
