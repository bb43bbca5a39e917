import { Router } from 'express';
import { z } from 'zod';
import { CreateChatInput } from '../../contracts/chats';
import type { Actor } from '../../contracts/identity';
import type { Scope } from '../../contracts/scopes';
import { newId } from '../../services/ids';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import type { StreamEvents } from '../events';
import { authorizeWithin, workspaceOf } from '../workspace-of';

const Page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(100),
  cursor: z.string().max(100).optional(),
});

/** Chats and their messages; a message is answered by the operation `chatTurn`. */
export function createChatRoutes({ services }: ApiContext, streamEvents: StreamEvents): Router {
  const router = Router();

  const workspaceOfChat = (actor: Actor, chatId: string, scope: Scope) =>
    authorizeWithin(services, actor, { chatId }, scope);

  router.get('/v1/planner', (req, res) => {
    actorOf(req);
    res.json(services.describePlanner());
  });

  router.post('/v1/workspaces/:workspaceId/chats', async (req, res) => {
    const actor = actorOf(req);
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actor, workspaceId, 'chats:write');
    const { title, baseId } = CreateChatInput.parse(req.body ?? {});
    const id = newId('chat');
    await services.db.tenant(workspaceId, (tx) =>
      services.chats.insertChat(tx, {
        id,
        workspaceId,
        title: title ?? 'Chat',
        baseId: baseId ?? null,
        createdBy: actor.userId,
      }),
    );
    res.status(201).json(await services.chats.getChat(workspaceId, id));
  });

  router.get('/v1/chats/:chatId', async (req, res) => {
    const workspaceId = await workspaceOfChat(actorOf(req), req.params.chatId, 'workspaces:read');
    const { limit, cursor } = Page.parse(req.query);
    const chat = await services.chats.getChat(workspaceId, req.params.chatId);
    const page = await services.chats.listMessages(workspaceId, req.params.chatId, {
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    res.json({ chat, ...page });
  });

  router.get('/v1/chats/:chatId/events', async (req, res) => {
    const { chatId } = req.params;
    const workspaceId = await workspaceOfChat(actorOf(req), chatId, 'workspaces:read');
    let cursor =
      req.get('last-event-id') ?? (typeof req.query['after'] === 'string' ? req.query['after'] : undefined);
    await streamEvents(res, async () => {
      const page = await services.chats.listMessages(workspaceId, chatId, {
        limit: 100,
        ...(cursor === undefined ? {} : { cursor }),
      });
      cursor = page.lastCursor ?? cursor;
      return {
        events: page.messages.map((message, i) => ({
          event: 'message',
          // A stream that breaks within a page is read again from before it.
          ...(i === page.messages.length - 1 && cursor !== undefined ? { id: cursor } : {}),
          data: message,
        })),
        end: false,
      };
    });
  });
  return router;
}
