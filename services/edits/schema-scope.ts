import { SagatableError } from '../../contracts/errors';
import type { SchemaChange } from '../../contracts/schema-changes';
import type { AirtableClient } from '../airtable/client';

const SCOPE = 'schema.bases:write';

/**
 * Throws Forbidden `schema_scope_missing` where the token says what it may do and changing schemas is not among it. Not every
 * token says so: then the first write finds out, before any record is written.
 */
export async function assertMayChangeSchema(
  client: Pick<AirtableClient, 'whoami'>,
  signal: AbortSignal,
): Promise<void> {
  const { scopes } = await client.whoami({ signal });
  if (scopes && !scopes.includes(SCOPE)) throw scopeMissing('Nothing was written. ');
}

/** A refusal of a schema change in words that say what the token needs. */
export function explainSchemaRefusal(error: unknown, kind: SchemaChange['kind']): unknown {
  if (!(error instanceof SagatableError) || error.kind !== 'Forbidden') return error;
  if (error.code !== 'connection_forbidden' && error.code !== 'airtable_not_permitted') return error;
  const verb = kind.startsWith('create') ? 'make' : 'change';
  return scopeMissing(`Airtable did not let the token ${verb} a table or field. `, error);
}

function scopeMissing(before: string, cause?: SagatableError): SagatableError {
  return new SagatableError(
    'Forbidden',
    `${before}Changing tables and fields needs the scope ${SCOPE} and the Creator role on the base: give the connection a token that has both.`,
    { code: 'schema_scope_missing', details: { ...cause?.details, scope: SCOPE }, cause },
  );
}
