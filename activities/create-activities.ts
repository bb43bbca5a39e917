import type { Services } from '../services/create-services';
import { createBookkeepingActivities } from './bookkeeping';
import { createChatActivities } from './chats';
import { createCopyActivities } from './copies';
import { createEditActivities } from './edits';
import { mapErrors } from './failures';
import { createReviewActivities } from './reviews';
import { createIdentityActivities } from './identity';
import { createWorkspaceActivities } from './workspaces';

/** Every activity, bound to its services. Activities bind, name and key; they do not think. */
export function createActivities(services: Services) {
  return mapErrors({
    ...createBookkeepingActivities(services),
    ...createIdentityActivities(services),
    ...createWorkspaceActivities(services),
    ...createEditActivities(services),
    ...createReviewActivities(services),
    ...createCopyActivities(services),
    ...createChatActivities(services),
  });
}

export type Activities = ReturnType<typeof createActivities>;
