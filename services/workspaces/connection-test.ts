import { SagatableError } from '../../contracts/errors';
import type { AirtableGateway } from '../airtable/gateway';

/** What a token turned out to be good for. */
export interface ConnectionTest {
  readonly airtableUser: string;
  /** Empty where Airtable does not tell. */
  readonly scopes: readonly string[];
  readonly bases: readonly { readonly id: string; readonly name: string; readonly permissionLevel: string }[];
}

/** Long enough for a slow network, short enough for a form. */
const TEST_MS = 10_000;

/**
 * Tries a token before it is saved: who it belongs to and which bases it sees. Throws InvalidInput with one of three
 * codes and nothing else, so that nobody can feel out a network with it: `connection_not_allowed` (the URL),
 * `connection_unauthorized` (the token or its scopes), `connection_unreachable` (everything else).
 */
export async function testConnection(
  gateway: AirtableGateway,
  connection: { readonly url: string; readonly token: string },
): Promise<ConnectionTest> {
  try {
    const client = await gateway.openUnsaved(connection);
    const user = await client.whoami({ deadlineMs: TEST_MS });
    const bases = await client.listBases({ deadlineMs: TEST_MS });
    return { airtableUser: user.id, scopes: user.scopes ?? [], bases };
  } catch (error) {
    throw failureOf(error);
  }
}

function failureOf(error: unknown): SagatableError {
  const code = error instanceof SagatableError ? error.code : '';
  if (code === 'endpoint_not_allowed') {
    return new SagatableError(
      'InvalidInput',
      'Connections may not go to this URL: use https://api.airtable.com or a host that the operator of this server lists.',
      { code: 'connection_not_allowed' },
    );
  }
  if (code === 'connection_unauthorized' || code === 'connection_forbidden') {
    return new SagatableError(
      'InvalidInput',
      'The token was not accepted: check that it is complete, not revoked, and has the scopes data.records:read and schema.bases:read on at least one base.',
      { code: 'connection_unauthorized' },
    );
  }
  return new SagatableError('InvalidInput', 'No usable answer came from this URL: try again in a while.', {
    code: 'connection_unreachable',
    retryable: true,
  });
}
