import { ChatMessage } from '../../contracts/chats';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';

export interface PageRequest {
  readonly limit: number;
  /** Opaque: what an earlier page gave. */
  readonly cursor?: string | undefined;
}

export interface MessagePage {
  readonly messages: ChatMessage[];
  /** Where the next page begins; null when this was the last one. */
  readonly nextCursor: string | null;
  /** Behind the last message of this page, for asking later what is new; null when the page is empty. */
  readonly lastCursor: string | null;
}

export interface NewMessage extends Omit<ChatMessage, 'createdAt' | 'toolCalls'> {
  readonly workspaceId: string;
  readonly chatId: string;
  readonly toolCalls: ChatMessage['toolCalls'] | readonly ChatMessage['toolCalls'][number][];
}

/** Returns false when a message of that id is there already. */
export async function insertMessage(tx: Tx, m: NewMessage): Promise<boolean> {
  // One at a time for a chat: readers go on from the highest `seq` they saw, so numbers must appear in order.
  await tx.query('SELECT 1 FROM chats WHERE id = $1 FOR NO KEY UPDATE', [m.chatId]);
  const { rowCount } = await tx.query(
    `INSERT INTO chat_messages (workspace_id, chat_id, id, role, text, planner, edit_id, tool_calls)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
    // PostgreSQL's text holds no NUL.
    [
      m.workspaceId,
      m.chatId,
      m.id,
      m.role,
      m.text.replaceAll('\0', '\ufffd'),
      m.planner,
      m.editId,
      JSON.stringify(m.toolCalls),
    ],
  );
  return rowCount === 1;
}

interface Row {
  readonly id: string;
  readonly seq: string;
  readonly role: string;
  readonly text: string;
  readonly planner: string | null;
  readonly edit_id: string | null;
  readonly tool_calls: unknown;
  readonly created_at: Date;
}
const COLUMNS = 'id, seq, role, text, planner, edit_id, tool_calls, created_at';

function toMessage(row: Row): ChatMessage {
  const { id, role, text, planner, edit_id: editId, tool_calls: toolCalls } = row;
  return ChatMessage.parse({
    id,
    role,
    text,
    planner,
    editId,
    toolCalls,
    createdAt: row.created_at.toISOString(),
  });
}

/** Messages of a chat from after the cursor, oldest first. Throws InvalidInput `invalid_cursor`. */
export async function listPage(
  tx: Tx,
  chatId: string,
  { limit, cursor = '0' }: PageRequest,
): Promise<MessagePage> {
  if (!/^\d{1,18}$/.test(cursor)) {
    throw new SagatableError('InvalidInput', 'The cursor is not one that an earlier page gave.', {
      code: 'invalid_cursor',
    });
  }
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM chat_messages WHERE chat_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    [chatId, cursor, limit + 1],
  );
  const page = rows.slice(0, limit);
  const lastCursor = page.at(-1)?.seq ?? null;
  return { messages: page.map(toMessage), nextCursor: rows.length > limit ? lastCursor : null, lastCursor };
}

/** The message and the last ones before it, oldest first, `limit` at most. Empty when there is no such message. */
export async function listUpTo(
  tx: Tx,
  chatId: string,
  messageId: string,
  limit: number,
): Promise<ChatMessage[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM chat_messages
     WHERE chat_id = $1 AND seq <= (SELECT seq FROM chat_messages WHERE chat_id = $1 AND id = $2)
     ORDER BY seq DESC LIMIT $3`,
    [chatId, messageId, limit],
  );
  return rows.reverse().map(toMessage);
}
