import { SagatableError } from '../../contracts/errors';

/**
 * What Sagatable has a use for: reading a base, writing records, changing the schema, comments, and watching a base.
 * Source: Airtable Web API, scopes.
 */
const USED_SCOPES = [
  'data.records:read',
  'schema.bases:read',
  'data.records:write',
  'schema.bases:write',
  'data.recordComments:read',
  'data.recordComments:write',
  'webhook:manage',
] as const;

const READ_SCOPES: readonly string[] = ['data.records:read', 'schema.bases:read'];
const WRITE_SCOPE = 'data.records:write';

/** Scopes that Sagatable uses and that are not among `scopes`; none where Airtable did not tell (null). */
export function missingScopes(scopes: readonly string[] | null): string[] {
  return scopes ? USED_SCOPES.filter((scope) => !scopes.includes(scope)) : [];
}

/** Of those, the ones without which the connection cannot do what it is switched to. */
export function missingNeeds(scopes: readonly string[] | null, writable: boolean): string[] {
  const needed = writable ? [...READ_SCOPES, WRITE_SCOPE] : READ_SCOPES;
  return missingScopes(scopes).filter((scope) => needed.includes(scope));
}

/**
 * Throws InvalidInput `connection_unauthorized` for a token that cannot read, and `connection_scope_missing` for one
 * that is to write and cannot; both name the scopes to add. Says nothing where Airtable does not tell the scopes.
 */
export function assertScopes(scopes: readonly string[] | null, writable: boolean): void {
  const missing = missingNeeds(scopes, writable);
  if (!missing.length) return;
  const reads = missing.some((scope) => READ_SCOPES.includes(scope));
  const why = reads ? 'Sagatable cannot read with it' : 'nothing can be written with it';
  throw new SagatableError(
    'InvalidInput',
    `The token lacks ${missing.join(' and ')}: ${why}. Add ${missing.length === 1 ? 'this scope' : 'these scopes'} to the token in Airtable, then try again.`,
    {
      code: reads ? 'connection_unauthorized' : 'connection_scope_missing',
      details: { missingScopes: missing },
    },
  );
}
