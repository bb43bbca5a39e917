import type { ChatTurnActivities, ChatTurnRef } from '../contracts/chat-turns';
import type { ChatTurnResult } from '../contracts/chats';

/** More than TURN_LIMITS ever lets through: askModel ends a turn much earlier, and this one only guards against its faults. */
const MAX_ROUNDS = 50;

/**
 * One turn of a chat: model calls and tool calls in turn, each an activity of its own, until the planner has
 * answered or a limit is reached. Position p of the transcript is a model's move, p + 1 + i the result of its call i.
 */
export async function runChatTurn(
  activities: ChatTurnActivities,
  turn: ChatTurnRef,
): Promise<ChatTurnResult> {
  let { position } = await activities.startTurn(turn);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { calls, done } = await activities.askModel({ ...turn, position });
    for (let callIndex = 0; callIndex < calls.length; callIndex++) {
      await activities.callOneTool({ ...turn, position, callIndex });
    }
    if (done) break;
    position += 1 + calls.length;
  }
  return activities.finishTurn(turn);
}
