import { SagatableError } from '../contracts/errors';
import type { Actor } from '../contracts/identity';
import { idOf } from '../contracts/ids';
import type { Scope } from '../contracts/scopes';
import type { Services } from '../services/create-services';
import { findEditWorkspace } from '../services/edits/edit-rows';

/** The workspace that a route's parameters lie in. What is not well-formed is not there either. */
export async function workspaceOf(
  services: Services,
  params: Readonly<Record<string, string>>,
): Promise<string> {
  const { workspaceId, editId, chatId } = params;
  if (workspaceId !== undefined) {
    if (idOf('workspace').safeParse(workspaceId).success) return workspaceId;
    throw new SagatableError('NotFound', 'There is no such workspace.');
  }
  if (editId !== undefined) {
    if (idOf('edit').safeParse(editId).success) return findEditWorkspace(services.db, editId);
    throw new SagatableError('NotFound', 'There is no such edit.');
  }
  if (chatId !== undefined && idOf('chat').safeParse(chatId).success)
    return services.chats.findWorkspace(chatId);
  throw new SagatableError('NotFound', 'There is no such chat.');
}

/** Another tenant's thing answers exactly like one that does not exist: the sentence names the kind, never the workspace. */
export async function enter<T>(kind: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof SagatableError && error.kind === 'NotFound')
      throw new SagatableError('NotFound', `There is no such ${kind}.`);
    throw error;
  }
}

/** The workspace of an edit or a chat in which the actor has the scope. Throws Forbidden; NotFound as `enter` does. */
export function authorizeWithin(
  services: Services,
  actor: Actor,
  place: { readonly editId: string } | { readonly chatId: string },
  scope: Scope,
): Promise<string> {
  return enter('editId' in place ? 'edit' : 'chat', async () => {
    const workspaceId = await workspaceOf(services, { ...place });
    await services.permissions.authorize(actor, workspaceId, scope);
    return workspaceId;
  });
}
