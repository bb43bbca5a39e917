import type { ProposeEditInput } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import { listBasesShowing } from '../airtable/calls/bases-showing';
import { newId } from '../ids';
import type { Liveness } from '../liveness';
import { insertEdit, moveEdit, readEdit } from './edit-rows';
import { previewOf, type EditDependencies } from './edit-work';
import { planEdit } from './planning';
import type { Preview } from './preview';

export interface Proposal {
  readonly workspaceId: string;
  readonly actor: string;
  readonly input: ProposeEditInput;
  readonly planner: string | null;
  readonly chatId: string | null;
  /** Given by callers that may repeat themselves after a crash. */
  readonly editId?: string;
}

/** What a proposer is told of the edit that came of it. */
export interface Proposed {
  readonly editId: string;
  readonly headline: string;
  readonly counts: Preview['counts'];
  readonly warnings: string[];
  readonly hash: string;
}

/**
 * The connection through which a base is reached: the one named, else the first that shows it. One that does not work keeps
 * none of the others from being asked; when no other shows the base, its failure is thrown, else NotFound `unknown_base`.
 */
export async function findConnection(
  { gateway, connections }: Pick<EditDependencies, 'gateway' | 'connections'>,
  workspaceId: string,
  baseId: string,
  connectionId: string | undefined,
): Promise<string> {
  const candidates =
    connectionId === undefined
      ? await connections.list(workspaceId)
      : [await connections.get(workspaceId, connectionId)];
  let failure: SagatableError | undefined;
  for (const { id, name } of candidates) {
    try {
      const client = await gateway.open({ workspaceId, id }, 'interactive');
      const bases = await listBasesShowing(client, baseId);
      if (bases.some((b) => b.id === baseId)) return id;
    } catch (error) {
      if (!(error instanceof SagatableError)) throw error;
      const { code, status, retryable, details } = error;
      const options = { code, status, retryable, details, cause: error };
      failure ??= new SagatableError(error.kind, `The connection “${name}”: ${error.message}`, options);
    }
  }
  if (failure) throw failure;
  throw new SagatableError('NotFound', `No connection of this workspace reaches the base ${baseId}.`, {
    code: 'unknown_base',
  });
}

/**
 * Stores a proposal and plans it at once. Throws InvalidInput, in words for the proposer, when it makes no sense; the
 * edit then is `failed`.
 */
export async function proposeEdit(
  dependencies: EditDependencies,
  proposal: Proposal,
  live: Liveness,
): Promise<Proposed> {
  const { db } = dependencies;
  const { workspaceId, planner, chatId, input } = proposal;
  const editId = proposal.editId ?? newId('edit');
  const connectionId = await findConnection(dependencies, workspaceId, input.baseId, input.connectionId);
  await db.tenant(workspaceId, (tx) =>
    insertEdit(tx, {
      id: editId,
      workspaceId,
      kind: 'edit',
      connectionId,
      baseId: input.baseId,
      request: input,
      note: input.note ?? null,
      planner,
      proposedBy: proposal.actor,
      chatId,
      revertOf: null,
      operationId: null,
    }),
  );
  try {
    await planEdit(dependencies, { workspaceId, editId }, live);
  } catch (error) {
    // What passes by itself is tried again under the same id; only a proposal that makes no sense has failed.
    if (live.signal.aborted || !(error instanceof SagatableError) || error.retryable) throw error;
    await db.tenant(workspaceId, (tx) => moveEdit(tx, editId, ['planning'], 'failed', error.message));
    throw error;
  }
  const edit = await db.tenant(workspaceId, (tx) => readEdit(tx, editId));
  const { headline, counts, warnings } = previewOf(edit);
  return { editId, headline, counts, warnings, hash: edit.hash ?? '' };
}
