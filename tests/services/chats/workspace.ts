import { newId } from '../../../services/ids';
import type { TestDatabase } from '../../support/database';

/** A workspace that chats can lie in. */
export async function openWorkspace(test: TestDatabase): Promise<string> {
  const workspaceId = newId('workspace');
  await test.db.tenant(workspaceId, (tx) =>
    tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2)', [workspaceId, 'Test']),
  );
  return workspaceId;
}
