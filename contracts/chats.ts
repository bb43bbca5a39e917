import { z } from 'zod';
import { BaseId, idOf } from './ids';
import { DisplayName } from './identity';

export const CreateChatInput = z.strictObject({ title: DisplayName.optional(), baseId: BaseId.optional() });

/** 16,000 characters are some four pages: a longer request is better sent as a change set. */
export const PostMessageInput = z.strictObject({
  text: z.string().trim().min(1).max(16_000),
  baseId: BaseId.optional(),
});
export type PostMessageInput = z.infer<typeof PostMessageInput>;

export const Chat = z.object({
  id: idOf('chat'),
  workspaceId: idOf('workspace'),
  title: z.string(),
  baseId: BaseId.nullable(),
  createdAt: z.iso.datetime(),
});

export const ChatMessage = z.object({
  id: idOf('message'),
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  planner: z.string().nullable(),
  editId: idOf('edit').nullable(),
  /** Names of the tools the planner called, in order. */
  toolCalls: z.array(z.object({ name: z.string(), ok: z.boolean() })),
  createdAt: z.iso.datetime(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

export const ChatTurnResult = z.object({ messageId: idOf('message'), editId: idOf('edit').nullable() });
export type ChatTurnResult = z.infer<typeof ChatTurnResult>;
