import { newId } from '../../../services/ids';
import { createChats, type Chats } from '../../../services/chats/chats';
import { appendEntry, loadEntries } from '../../../services/chats/transcripts';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { openWorkspace } from './workspace';

let test: TestDatabase;
let chats: Chats;
let workspaceId: string;
const answer = {
  text: 'an answer',
  planner: 'commands',
  editId: null,
  toolCalls: [{ name: 'propose_edit', ok: false }],
};

beforeAll(async () => {
  test = await createTestDatabase();
  chats = createChats({ db: test.db });
  workspaceId = await openWorkspace(test);
});
afterAll(() => test.drop());

async function openChat(baseId: string | null = null) {
  const id = newId('chat');
  await test.db.tenant(workspaceId, (tx) =>
    chats.insertChat(tx, { id, workspaceId, title: 'Films', baseId, createdBy: 'usr_1' }),
  );
  return id;
}
const stage = (chatId: string, text: string, baseId?: string) =>
  test.db.tenant(workspaceId, (tx) =>
    chats.stageTurn(tx, { workspaceId, chatId, userId: 'usr_1', text, baseId: baseId ?? null }),
  );

describe('a chat', () => {
  it('is found by its id, and another workspace’s is as if it did not exist', async () => {
    const id = await openChat('app00000000000001');
    expect(await chats.getChat(workspaceId, id)).toMatchObject({
      id,
      workspaceId,
      title: 'Films',
      baseId: 'app00000000000001',
    });
    expect(await chats.findWorkspace(id)).toBe(workspaceId);
    const other = await openWorkspace(test);
    const missing = { kind: 'NotFound', message: 'There is no such chat.' };
    await expect(chats.getChat(other, id)).rejects.toMatchObject(missing);
    await expect(chats.listMessages(other, id, { limit: 1 })).rejects.toMatchObject(missing);
    await expect(chats.findWorkspace(newId('chat'))).rejects.toMatchObject(missing);
  });

  it('takes a message and gives ids for its turn, with the base of the message or else of the chat', async () => {
    const id = await openChat('app00000000000001');
    const turn = await stage(id, 'hello');
    expect(turn).toMatchObject({ workspaceId, chatId: id, userId: 'usr_1', baseId: 'app00000000000001' });
    expect(JSON.stringify(turn)).not.toContain('hello');
    expect((await stage(id, 'hello', 'app00000000000002')).baseId).toBe('app00000000000002');
    await expect(stage(newId('chat'), 'x')).rejects.toMatchObject({ kind: 'NotFound' });
  });

  it('writes an answer once', async () => {
    const turn = await stage(await openChat(), 'a question with a NUL \0 in it');
    const write = (text: string) =>
      test.db.tenant(workspaceId, (tx) => chats.addAssistantMessage(tx, turn, { ...answer, text }));
    expect([await write('first'), await write('second')]).toEqual([true, false]);
    const { messages } = await chats.listMessages(workspaceId, turn.chatId, { limit: 10 });
    expect(messages).toMatchObject([
      { id: turn.turnId, role: 'user', text: 'a question with a NUL \ufffd in it', toolCalls: [] },
      {
        id: turn.answerId,
        role: 'assistant',
        text: 'first',
        planner: 'commands',
        toolCalls: [{ name: 'propose_edit', ok: false }],
      },
    ]);
  });

  it('lists messages page by page, and afterwards what is new', async () => {
    const id = await openChat();
    for (const text of ['1', '2', '3']) await stage(id, text);
    const first = await chats.listMessages(workspaceId, id, { limit: 2 });
    expect(first.messages.map((message) => message.text)).toEqual(['1', '2']);
    const second = await chats.listMessages(workspaceId, id, { limit: 2, cursor: first.nextCursor ?? '' });
    expect([second.messages.map((message) => message.text), second.nextCursor]).toEqual([['3'], null]);
    const cursor = second.lastCursor ?? '';
    expect(await chats.listMessages(workspaceId, id, { limit: 2, cursor })).toEqual({
      messages: [],
      nextCursor: null,
      lastCursor: null,
    });
    await stage(id, '4');
    expect(
      (await chats.listMessages(workspaceId, id, { limit: 2, cursor })).messages.map(
        (message) => message.text,
      ),
    ).toEqual(['4']);
    await expect(chats.listMessages(workspaceId, id, { limit: 2, cursor: "1' OR 1" })).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });
});

describe('a transcript', () => {
  it('keeps the first entry of a place, and reads in order up to the first gap', async () => {
    const turnId = newId('message');
    const append = (position: number, text: string) =>
      test.db.tenant(workspaceId, (tx) =>
        appendEntry(tx, { workspaceId, turnId, position }, { kind: 'user', text }),
      );
    expect(await append(0, 'a')).toEqual({ kind: 'user', text: 'a' });
    expect(await append(0, 'b')).toEqual({ kind: 'user', text: 'a' });
    await append(1, 'NUL \0 and half a character \ud83d and \\u0000');
    await append(3, 'behind a gap');
    expect(await test.db.tenant(workspaceId, (tx) => loadEntries(tx, { workspaceId, turnId }))).toEqual([
      { kind: 'user', text: 'a' },
      { kind: 'user', text: 'NUL \ufffd and half a character \ufffd and \\u0000' },
    ]);
  });
});
