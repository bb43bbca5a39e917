import { PostMessageInput, ChatTurnResult } from '../contracts/chats';
import type { ChatTurnActivities, ChatTurnRef } from '../contracts/chat-turns';
import { runChatTurn } from './chat-loop';
import { operation } from './operation';
import { airtable, models, steps, undos } from './proxies';

/** Each kind of call goes to the queue that has its limits. */
const activities: ChatTurnActivities = {
  startTurn: (turn) => steps.startTurn(turn),
  askModel: (call) => models.askModel(call),
  callOneTool: (call) => airtable.callOneTool(call),
  finishTurn: (turn) => steps.finishTurn(turn),
};

/** One message and its answer. What a planner proposes waits for approval; a turn itself writes to no base. */
export const chatTurn = operation({
  name: 'chatTurn',
  title: 'Answer a message',
  route: 'POST /v1/chats/:chatId/messages',
  scope: 'chats:write',
  tool: false,
  tenancy: 'workspace',
  input: PostMessageInput,
  output: ChatTurnResult,
  run: (saga, turn: ChatTurnRef) =>
    saga.step('turn', {
      do: () => runChatTurn(activities, turn),
      // The question stays where the person wrote it; what is undone is that it waits for an answer.
      undo: () => undos.abandonTurn(turn),
    }),
});
