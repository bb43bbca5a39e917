import { SagatableError } from '../../contracts/errors';
import type { AirtableGateway } from '../airtable/gateway';

/** What a token turned out to be good for. */
export interface ConnectionTest {
  readonly airtableUser: string;
  /** Null where Airtable does not tell: whoami names the scopes of OAuth tokens only. */
  readonly scopes: readonly string[] | null;
  readonly bases: readonly { readonly id: string; readonly name: string; readonly permissionLevel: string }[];
}

/** Long enough for a slow network, short enough for a form. */
const TEST_MS = 10_000;

/** What is kept of another server's words: ids and scopes look like this. */
const PLAIN = /^[\x21-\x7e]{1,100}$/;
const MAX_SCOPES = 100;

/**
 * Tries a token before it is saved: who it belongs to, its scopes, and which bases it sees. Throws InvalidInput with one
 * of three codes and nothing else, so that nobody can feel out a network with it: `connection_not_allowed` (the URL),
 * `connection_unauthorized` (the token or its scopes), `connection_unreachable` (everything else). How long it takes
 * still tells a host that does not answer from one that refuses; only hosts on the operator's list are asked at all.
 */
export async function testConnection(
  gateway: AirtableGateway,
  connection: { readonly url: string; readonly token: string },
): Promise<ConnectionTest> {
  try {
    const client = await gateway.openUnsaved(connection);
    const user = await client.whoami({ deadlineMs: TEST_MS });
    if (!PLAIN.test(user.id)) throw unreachable();
    const scopes = user.scopes?.filter((scope) => PLAIN.test(scope)).slice(0, MAX_SCOPES) ?? null;
    const bases = await client.listBases({ deadlineMs: TEST_MS }).catch((error: unknown) => {
      // Then the scopes say it better: which one is missing.
      if (scopes && !scopes.includes('schema.bases:read') && isForbidden(error)) return [];
      throw error;
    });
    return { airtableUser: user.id, scopes, bases };
  } catch (error) {
    throw failureOf(error);
  }
}

/** Airtable's refusals of the token, its scopes or its owner. */
const REFUSED: ReadonlySet<string> = new Set([
  'connection_unauthorized',
  'connection_forbidden',
  'airtable_not_permitted',
]);

const isForbidden = (error: unknown): boolean =>
  error instanceof SagatableError && error.code !== 'connection_unauthorized' && REFUSED.has(error.code);

function failureOf(error: unknown): SagatableError {
  const code = error instanceof SagatableError ? error.code : '';
  if (code === 'endpoint_not_allowed') {
    return new SagatableError(
      'InvalidInput',
      'Connections may not go to this URL: use https://api.airtable.com or a host that the operator of this server lists.',
      { code: 'connection_not_allowed' },
    );
  }
  if (REFUSED.has(code)) {
    return new SagatableError(
      'InvalidInput',
      'The token was not accepted: check that it is complete, not revoked, and has the scopes data.records:read and schema.bases:read on at least one base.',
      { code: 'connection_unauthorized' },
    );
  }
  return unreachable();
}

function unreachable(): SagatableError {
  return new SagatableError('InvalidInput', 'No usable answer came from this URL: try again in a while.', {
    code: 'connection_unreachable',
    retryable: true,
  });
}
