import { SagatableError } from '../../contracts/errors';
import type { Fence } from '../../contracts/operations';
import type { Config } from '../config';
import type { Tx } from '../database/database';
import type { Engine } from '../engine/engine';
import { destroyKeysOf } from '../audit/subject-keys';
import type { PersonalTokens } from '../identity/personal-tokens';
import type { Connections } from './connections';
import type { Members } from './members';
import type { Workspaces } from './workspaces';

interface Dependencies {
  readonly workspaces: Workspaces;
  readonly members: Members;
  readonly connections: Connections;
  readonly engine: Engine;
  readonly personalTokens: PersonalTokens;
  readonly config: Pick<Config, 'apiUrl'>;
}

/** What the steps of making and removing a workspace do, each inside the transaction of its step. */
export function createProvisioning(d: Dependencies) {
  return {
    /** A null name stands for a person's first workspace: it is called after them. */
    async insertWorkspace(tx: Tx, workspaceId: string, name: string | null, userId: string): Promise<void> {
      await d.workspaces.insertWorkspace(tx, {
        workspaceId,
        name: name ?? `${await readName(tx, userId)}’s workspace`,
      });
    },
    removeWorkspace: (tx: Tx, workspaceId: string) => d.workspaces.removeWorkspace(tx, workspaceId),

    insertOwner: (tx: Tx, workspaceId: string, userId: string) =>
      d.members.insertOwner(tx, { workspaceId, userId }),
    async removeOwner(tx: Tx, workspaceId: string, userId: string): Promise<void> {
      await tx.query('DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2', [
        workspaceId,
        userId,
      ]);
    },

    async createFirstBase(tx: Tx, workspaceId: string): Promise<{ baseId: string }> {
      const base = await d.engine.createBase(tx, workspaceId, {
        name: 'First base',
        tables: [
          {
            name: 'Notes',
            fields: [
              { name: 'Name', type: 'singleLineText' },
              { name: 'Text', type: 'multilineText' },
            ],
          },
        ],
      });
      return { baseId: base.id };
    },
    async removeFirstBase(tx: Tx, workspaceId: string, baseId: string): Promise<void> {
      await d.engine.removeBase(tx, workspaceId, baseId);
    },

    /** The engine is one more Airtable endpoint: it is reached with a token of its own, minted here and never shown. */
    async connectEngine(tx: Tx, workspaceId: string, connectionId: string, userId: string): Promise<void> {
      const token = await d.personalTokens.mintEngineToken(tx, { workspaceId, userId });
      await d.connections.insert(tx, {
        workspaceId,
        id: connectionId,
        name: 'Built-in engine',
        kind: 'engine',
        url: d.config.apiUrl,
        token,
        writable: true,
      });
    },
    async disconnectEngine(tx: Tx, workspaceId: string, connectionId: string): Promise<void> {
      await d.connections.remove(tx, workspaceId, connectionId);
      await d.personalTokens.removeTokensOf(tx, workspaceId);
    },

    /** Nobody enters any more. Throws Conflict while other operations of the workspace run. */
    async close(tx: Tx, fence: Fence): Promise<void> {
      // First: it waits for doors that are just letting an operation in, and keeps further ones out.
      await tx.query('UPDATE workspaces SET closed_at = now() WHERE workspace_id = $1', [fence.workspaceId]);
      const { rows } = await tx.query<{ id: string; name: string }>(
        `SELECT id, name FROM operations WHERE id <> $1 AND status NOT IN ('done', 'rolled_back', 'needs_review') LIMIT 1`,
        [fence.operationId],
      );
      if (rows[0]) {
        throw new SagatableError(
          'Conflict',
          `An operation of this workspace is still running (${rows[0].name}): wait for it or cancel it first.`,
          {
            code: 'operations_running',
            details: { runningOperationId: rows[0].id },
          },
        );
      }
    },
    async reopen(tx: Tx, workspaceId: string): Promise<void> {
      await tx.query('UPDATE workspaces SET closed_at = NULL WHERE workspace_id = $1', [workspaceId]);
    },

    /** Everything of the workspace but its operations and audit, whose values nobody can read from then on. Bases on Airtable itself are not touched. */
    async erase(tx: Tx, workspaceId: string): Promise<void> {
      await d.personalTokens.removeTokensOf(tx, workspaceId);
      for (const base of await d.engine.listBases(tx, workspaceId))
        await d.engine.removeBase(tx, workspaceId, base.id);
      await tx.query('DELETE FROM base_leases WHERE workspace_id = $1', [workspaceId]);
      await tx.query('DELETE FROM base_lease_waiters WHERE workspace_id = $1', [workspaceId]);
      await tx.query('DELETE FROM transcript_entries WHERE workspace_id = $1', [workspaceId]);
      await destroyKeysOf(tx, workspaceId);
      await d.workspaces.removeWorkspace(tx, workspaceId);
    },
  };
}

async function readName(tx: Tx, userId: string): Promise<string> {
  const { rows } = await tx.query<{ name: string }>('SELECT name FROM profiles WHERE user_id = $1', [userId]);
  return rows[0]?.name ?? 'Somebody';
}

export type Provisioning = ReturnType<typeof createProvisioning>;
