import { SagatableError } from '../../contracts/errors';
import type { Connection, CreateConnectionInput, UpdateConnectionInput } from '../../contracts/workspaces';
import type { AirtableGateway } from '../airtable/gateway';
import type { Database } from '../database/database';
import { newId } from '../ids';
import { assertEngineHas } from './connection-changes';
import { assertScopes } from './connection-scopes';
import { testConnection } from './connection-test';
import type { TestOutcome } from './connection-test-record';
import type { Connections } from './connections';

interface Context {
  readonly db: Database;
  readonly connections: Connections;
  readonly gateway: AirtableGateway;
}

/** Tests a connection and stores it. Throws what `testConnection` and `assertScopes` throw; then nothing is stored. */
export async function addConnection(
  { db, connections, gateway }: Context,
  workspaceId: string,
  input: CreateConnectionInput,
): Promise<Connection> {
  const { airtableUser, scopes, bases } = await testConnection(gateway, input);
  assertScopes(scopes, input.writable);
  const found = { airtableUser, scopes, baseCount: bases.length };
  return db.tenant(workspaceId, (tx) =>
    connections.insert(tx, { workspaceId, id: newId('connection'), kind: 'airtable', ...input, ...found }),
  );
}

/**
 * Changes a connection. A new token is tested first, like that of a new connection; before writing is switched on,
 * a token that lacked the scope for it is asked once more. Throws what `testConnection` and `changeRow` throw.
 */
export async function changeConnection(
  context: Context,
  workspaceId: string,
  id: string,
  { token, ...changes }: UpdateConnectionInput,
): Promise<Connection> {
  const { db, connections, gateway } = context;
  const { kind, url, missingScopes } = await connections.get(workspaceId, id);
  if (kind === 'engine') assertEngineHas({ ...changes, token });
  const tested = token === undefined ? undefined : await testConnection(gateway, { url, token });
  if (!tested && changes.writable && missingScopes.includes('data.records:write'))
    await retestConnection(context, workspaceId, id);
  return db.tenant(workspaceId, (tx) =>
    connections.change(tx, workspaceId, id, {
      ...changes,
      ...(token !== undefined && tested ? { token: { text: token, test: tested } } : {}),
    }),
  );
}

/**
 * Tests a saved connection now and stores what was found. A test that fails is no error: the answer's health says so.
 * Less than 5 s after another test began, the stored answer is given. Throws NotFound.
 */
export async function retestConnection(
  { connections, gateway }: Context,
  workspaceId: string,
  id: string,
): Promise<Connection> {
  const access = await connections.accessOf(workspaceId, id);
  if (!(await connections.beginTest(workspaceId, id))) return connections.get(workspaceId, id);
  const outcome = await testConnection(gateway, access).then(
    (passed): TestOutcome => ({ passed }),
    (error: unknown): TestOutcome => ({ failed: classOf(error) }),
  );
  return connections.recordTest(workspaceId, id, outcome, access.tokenVersion);
}

function classOf(error: unknown): Extract<TestOutcome, { failed: unknown }>['failed'] {
  const code = error instanceof SagatableError ? error.code : undefined;
  if (code === 'connection_not_allowed' || code === 'connection_unauthorized') return code;
  if (code === 'connection_unreachable') return code;
  throw error;
}
