import type { z } from 'zod';
import type { ChatTurnRef } from '../../contracts/chat-turns';
import { Chat } from '../../contracts/chats';
import { SagatableError } from '../../contracts/errors';
import type { Database, Tx } from '../database/database';
import { newId } from '../ids';
import { insertMessage, listPage, type MessagePage, type PageRequest } from './messages';

export interface NewChat {
  readonly id: string;
  readonly workspaceId: string;
  readonly title: string;
  readonly baseId: string | null;
  readonly createdBy: string;
}

export interface NewTurn {
  readonly workspaceId: string;
  readonly chatId: string;
  readonly userId: string;
  readonly text: string;
  /** Absent or null: the chat's own base. */
  readonly baseId?: string | null;
}

export interface Answer {
  readonly text: string;
  readonly planner: string | null;
  readonly editId: string | null;
  readonly toolCalls: readonly { readonly name: string; readonly ok: boolean }[];
}

const notFound = () => new SagatableError('NotFound', 'There is no such chat.');

interface ChatRow {
  readonly workspace_id: string;
  readonly title: string;
  readonly base_id: string | null;
  readonly created_at: Date;
}

async function readChat(tx: Tx, id: string): Promise<z.infer<typeof Chat>> {
  const { rows } = await tx.query<ChatRow>(
    'SELECT workspace_id, title, base_id, created_at FROM chats WHERE id = $1',
    [id],
  );
  const [row] = rows;
  if (!row) throw notFound();
  const { workspace_id: workspaceId, title, base_id: baseId } = row;
  return Chat.parse({ id, workspaceId, title, baseId, createdAt: row.created_at.toISOString() });
}

/** Chats and their messages. */
export function createChats({ db }: { readonly db: Database }) {
  return {
    async insertChat(tx: Tx, chat: NewChat): Promise<void> {
      await tx.query(
        'INSERT INTO chats (workspace_id, id, title, base_id, created_by) VALUES ($1, $2, $3, $4, $5)',
        [chat.workspaceId, chat.id, chat.title, chat.baseId, chat.createdBy],
      );
    },

    /** Throws NotFound. */
    getChat: (workspaceId: string, chatId: string) => db.tenant(workspaceId, (tx) => readChat(tx, chatId)),

    /** The workspace a chat lies in, across tenants: for the door, which checks permission next. Throws NotFound. */
    async findWorkspace(chatId: string): Promise<string> {
      const { rows } = await db.system((tx) =>
        tx.query<{ workspace_id: string }>('SELECT workspace_id FROM chats WHERE id = $1', [chatId]),
      );
      if (!rows[0]) throw notFound();
      return rows[0].workspace_id;
    },

    /** Messages in order, oldest first, from after the cursor. Throws NotFound, or InvalidInput for a cursor that is none. */
    listMessages: (workspaceId: string, chatId: string, page: PageRequest): Promise<MessagePage> =>
      db.tenant(workspaceId, async (tx) => {
        await readChat(tx, chatId);
        return listPage(tx, chatId, page);
      }),

    async addUserMessage(
      tx: Tx,
      message: Omit<NewTurn, 'userId' | 'baseId'> & { readonly id: string },
    ): Promise<void> {
      const nobody = { planner: null, editId: null, toolCalls: [] };
      await insertMessage(tx, { ...message, ...nobody, role: 'user' });
    },

    /** Writes the answer once: a repetition changes nothing. Returns whether it was the first. */
    addAssistantMessage: (
      tx: Tx,
      turn: Pick<ChatTurnRef, 'workspaceId' | 'chatId' | 'answerId'>,
      answer: Answer,
    ): Promise<boolean> =>
      insertMessage(tx, {
        ...answer,
        workspaceId: turn.workspaceId,
        chatId: turn.chatId,
        id: turn.answerId,
        role: 'assistant',
      }),

    /** Stores a message that wants an answer, in the door's transaction, and gives the ids its workflow starts with. Throws NotFound. */
    async stageTurn(tx: Tx, turn: NewTurn): Promise<ChatTurnRef> {
      const chat = await readChat(tx, turn.chatId);
      const { workspaceId, chatId, userId, text } = turn;
      const turnId = newId('message');
      await this.addUserMessage(tx, { workspaceId, chatId, id: turnId, text });
      return {
        workspaceId,
        chatId,
        turnId,
        answerId: newId('message'),
        userId,
        baseId: turn.baseId ?? chat.baseId,
      };
    },
  };
}

export type Chats = ReturnType<typeof createChats>;
