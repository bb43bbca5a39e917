import type { AskedModel, ChatTurnRef } from '../../contracts/chat-turns';
import type { ChatTurnResult } from '../../contracts/chats';
import { SagatableError } from '../../contracts/errors';
import type { Database } from '../database/database';
import { checkLimits, countUsage, TURN_LIMITS, type TurnLimits } from '../planners/limits';
import type { Planner, TranscriptEntry } from '../planners/planner';
import { listTools } from '../tools/client';
import { beating, type Liveness } from '../liveness';
import type { ToolServices } from '../tools/context';
import { createToolServer } from '../tools/server';
import type { Chats } from './chats';
import { appendEntry, loadEntries } from './transcripts';
import { answerOf } from './turn-answer';
import { contextOf, runToolCall } from './turn-call';
import { beginTranscript } from './turn-start';

export interface TurnsOptions {
  readonly db: Database;
  readonly chats: Pick<Chats, 'addAssistantMessage'>;
  readonly planner: Planner;
  readonly tools: ToolServices;
  readonly limits?: TurnLimits;
  readonly clock?: { now(): Date };
}

/**
 * The steps of a chat turn. Each may be repeated at any time: what is in the transcript is not asked for again.
 * They give back ids and counts only, since a workflow sees them.
 */
export function createTurns({
  db,
  chats,
  planner,
  tools,
  limits = TURN_LIMITS,
  clock = { now: () => new Date() },
}: TurnsOptions) {
  const load = (turn: ChatTurnRef) => db.tenant(turn.workspaceId, (tx) => loadEntries(tx, turn));
  const append = (turn: ChatTurnRef, position: number, entry: TranscriptEntry) =>
    db.tenant(turn.workspaceId, (tx) => appendEntry(tx, { ...turn, position }, entry));

  /** An attempt that was stopped and wakes after the turn was closed calls nothing any more. */
  async function assertOpen(turn: ChatTurnRef): Promise<void> {
    const answered = await db.tenant(turn.workspaceId, (tx) =>
      tx.query('SELECT 1 FROM chat_messages WHERE workspace_id = $1 AND id = $2', [
        turn.workspaceId,
        turn.answerId,
      ]),
    );
    if (answered.rowCount)
      throw new SagatableError('Conflict', 'This turn has been answered already.', { code: 'turn_over' });
  }

  async function nextEntry(
    turn: ChatTurnRef,
    entries: readonly TranscriptEntry[],
    live: Liveness,
  ): Promise<TranscriptEntry> {
    const used = countUsage(entries, clock.now());
    const over = checkLimits(used, limits);
    if (over !== undefined) return { kind: 'stopped', reason: over };
    const listed = await listTools(createToolServer(tools, contextOf(turn, planner.name)));
    const timeLeft = AbortSignal.timeout(limits.wallTimeMs - used.wallTimeMs);
    try {
      const move = await beating(live, () =>
        planner.next(entries, listed, AbortSignal.any([live.signal, timeLeft])),
      );
      const tooMany = checkLimits({ ...used, toolCalls: used.toolCalls + move.calls.length }, limits);
      return tooMany === undefined
        ? { kind: 'move', planner: planner.name, move }
        : { kind: 'stopped', reason: tooMany };
    } catch (error) {
      live.signal.throwIfAborted();
      if (timeLeft.aborted) return { kind: 'stopped', reason: 'the answer took too long' };
      // What a retry cannot mend is the asker's to read; the rest is tried again by whoever called.
      if (!(error instanceof SagatableError) || error.retryable) throw error;
      return { kind: 'stopped', reason: error.message.replace(/\.$/, '') };
    }
  }

  async function close(turn: ChatTurnRef, abandoned: boolean): Promise<ChatTurnResult> {
    const answer = answerOf(await load(turn), planner.name, abandoned);
    await db.tenant(turn.workspaceId, (tx) => chats.addAssistantMessage(tx, turn, answer));
    return { messageId: turn.answerId, editId: answer.editId };
  }

  return {
    /** Throws NotFound when the message is not there (any more). */
    startTurn: (turn: ChatTurnRef) =>
      db.tenant(turn.workspaceId, (tx) => beginTranscript(tx, turn, clock.now())),

    /** One model call, unless the transcript has its answer. Throws what a retry can mend: LimitReached, Unavailable, Upstream. */
    async askModel(
      { position, ...turn }: ChatTurnRef & { readonly position: number },
      live: Liveness,
    ): Promise<AskedModel> {
      const entries = await load(turn);
      const stored = entries[position];
      if (stored) return summaryOf(stored);
      await assertOpen(turn);
      return summaryOf(await append(turn, position, await nextEntry(turn, entries.slice(0, position), live)));
    },

    /** One tool call of the move at `position`, unless its result is stored. What goes wrong in a tool is a result too. */
    async callOneTool(
      {
        position,
        callIndex,
        ...turn
      }: ChatTurnRef & { readonly position: number; readonly callIndex: number },
      live: Liveness,
    ): Promise<{ ok: boolean }> {
      const entries = await load(turn);
      const place = position + 1 + callIndex;
      let entry = entries[place];
      if (!entry) {
        const move = entries[position];
        if (move?.kind !== 'move') throw new Error(`there is no move at ${position}`);
        await assertOpen(turn);
        entry = await append(
          turn,
          place,
          await runToolCall(tools, planner.name, { turn, position, callIndex }, move.move, live),
        );
      }
      return { ok: entry.kind === 'result' && entry.ok };
    },

    /** Writes the answer for people. */
    finishTurn: (turn: ChatTurnRef): Promise<ChatTurnResult> => close(turn, false),

    /** Closes a turn that failed or was cancelled, so that the question does not stay without an answer. */
    async abandonTurn(turn: ChatTurnRef): Promise<void> {
      await close(turn, true);
    },
  };
}

export type Turns = ReturnType<typeof createTurns>;

/** Without a word of the planner's: its calls may name anything, and the workflow's history must hold no such text. */
function summaryOf(entry: TranscriptEntry): AskedModel {
  const calls = entry.kind === 'move' ? entry.move.calls : [];
  return {
    calls: calls.map((call, i) => ({
      id: String(i),
      name: KNOWN_TOOLS.has(call.name) ? call.name : 'unknown',
    })),
    done: calls.length === 0,
  };
}
const KNOWN_TOOLS = new Set([
  'list_bases',
  'describe_base',
  'list_records',
  'search_records',
  'get_record',
  'propose_edit',
]);
