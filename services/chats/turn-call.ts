import { createHash } from 'node:crypto';
import type { ChatTurnRef } from '../../contracts/chat-turns';
import { ID_PREFIXES } from '../../contracts/ids';
import { beating, type Liveness } from '../liveness';
import type { PlannerMove, TranscriptEntry } from '../planners/planner';
import { callTool } from '../tools/client';
import type { ToolContext, ToolServices } from '../tools/context';
import { createToolServer } from '../tools/server';

/** Which call of a turn: that of number `callIndex` in the move at `position`. */
export interface CallPlace {
  readonly turn: ChatTurnRef;
  readonly position: number;
  readonly callIndex: number;
}

/** On whose behalf a turn's tools are called. */
export function contextOf(turn: ChatTurnRef, planner: string): ToolContext {
  const { workspaceId, userId, chatId, turnId } = turn;
  return { workspaceId, userId, chatId, turnId, planner };
}

/**
 * Makes one tool call. What is wrong with the call is a result with `ok: false`; faults of our own and
 * cancellation are thrown, so that the call is made again or not at all.
 */
export async function runToolCall(
  tools: ToolServices,
  planner: string,
  place: CallPlace,
  move: PlannerMove,
  live: Liveness,
): Promise<TranscriptEntry> {
  const call = move.calls[place.callIndex];
  if (!call) throw new Error(`the move at ${place.position} has no call ${place.callIndex}`);
  const faults: unknown[] = [];
  const context: ToolContext = {
    ...contextOf(place.turn, planner),
    editId: editIdOf(place),
    live,
    onFault: (fault) => faults.push(fault),
  };
  const { ok, result } = await beating(live, () =>
    callTool(createToolServer(tools, context), call.name, call.args, live.signal),
  );
  live.signal.throwIfAborted();
  if (faults.length > 0) throw faults[0];
  return { kind: 'result', callId: call.id, name: call.name, ok, result };
}

/** The same id at each attempt, so that a proposal whose result was lost in a crash is found and not made twice. */
function editIdOf({ turn, position, callIndex }: CallPlace): string {
  const digest = createHash('sha256').update(`${turn.turnId}/${position}/${callIndex}`).digest('hex');
  return `${ID_PREFIXES.edit}${digest.slice(0, 22)}`;
}
