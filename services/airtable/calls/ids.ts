import { z } from 'zod';
import { SagatableError } from '../../../contracts/errors';

export const ViewId = z.string().regex(/^viw[0-9A-Za-z]{14}$/, 'must be a view id like viwXXXXXXXXXXXXXX');
export const CommentId = z
  .string()
  .regex(/^com[0-9A-Za-z]{14}$/, 'must be a comment id like comXXXXXXXXXXXXXX');
export const WebhookId = z
  .string()
  .regex(/^ach[0-9A-Za-z]{14}$/, 'must be a webhook id like achXXXXXXXXXXXXXX');
/** Ids whose form is not documented (?): of a sync, and of a workspace, which is `wsp…` at Airtable and `ws_…` here. */
export const SyncId = z.string().regex(/^[0-9A-Za-z]{3,64}$/, 'must be the id that the sync’s settings show');
export const WorkspaceId = z
  .string()
  .regex(/^[0-9A-Za-z_]{3,64}$/, 'must be a workspace id like wspXXXXXXXXXXXXXX');

/** Ids become parts of a path: nothing that is not one gets there. Throws InvalidInput `invalid_id`. */
export function assertId(shape: z.ZodType<string>, id: string): string {
  const parsed = shape.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new SagatableError(
    'InvalidInput',
    `An id is not valid: it ${parsed.error.issues[0]?.message ?? 'is malformed'}.`,
    { code: 'invalid_id' },
  );
}
