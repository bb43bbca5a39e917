import type { CopyBaseInput } from '../../contracts/copies';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { newId } from '../ids';
import type { CopyDependencies } from './chunk';
import { assertCopyable, assertNoCopyRuns } from './copied-bases';
import { insertCopy } from './copy-rows';

/** A copy that may begin: what its door has found out. */
export interface PreparedCopy {
  readonly connectionId: string;
  readonly sourceUrl: string;
  readonly baseId: string;
  readonly baseName: string;
}

/**
 * Looks whether the connection reaches the base. Throws NotFound for a connection that is not there and `unknown_base`,
 * Conflict `copy_onto_itself` for the engine of this very workspace.
 */
export async function prepareCopy(
  { gateway, connections }: Pick<CopyDependencies, 'gateway' | 'connections'>,
  workspaceId: string,
  { connectionId, baseId, name }: CopyBaseInput,
): Promise<PreparedCopy> {
  const connection = await connections.get(workspaceId, connectionId);
  if (connection.kind === 'engine') {
    throw new SagatableError(
      'Conflict',
      `The connection “${connection.name}” is the built-in engine of this workspace: its bases are here already. Copy through a connection to where the base comes from.`,
      { code: 'copy_onto_itself' },
    );
  }
  const client = await gateway.open({ workspaceId, id: connectionId }, 'interactive');
  const base = (await client.listBases()).find((b) => b.id === baseId);
  if (!base) {
    throw new SagatableError('NotFound', `The connection does not reach the base ${baseId}.`, {
      code: 'unknown_base',
    });
  }
  return { connectionId, sourceUrl: connection.url, baseId, baseName: name ?? base.name };
}

/** Writes the row of a copy in its door's transaction. Throws Conflict when the base may not be copied, or is being copied. */
export async function stageCopy(
  tx: Tx,
  copy: PreparedCopy & {
    readonly workspaceId: string;
    readonly requestedBy: string;
    readonly operationId: string;
  },
): Promise<{ copyId: string }> {
  await assertNoCopyRuns(tx, copy.workspaceId, copy.baseId);
  await assertCopyable(tx, copy.workspaceId, copy.baseId, copy.sourceUrl);
  const id = newId('copy');
  await insertCopy(tx, { ...copy, id });
  return { copyId: id };
}
