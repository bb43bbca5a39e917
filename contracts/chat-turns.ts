import type { ChatTurnResult } from './chats';

/** A turn as its workflow knows it: ids only. What was said lies in PostgreSQL under `turnId`. */
export interface ChatTurnRef {
  readonly workspaceId: string;
  readonly chatId: string;
  /** The id of the message that asks. */
  readonly turnId: string;
  /** The id that the answer will have; given beforehand, so that it is written once. */
  readonly answerId: string;
  readonly userId: string;
  /** The base that the message is about, if the asker or the chat names one. */
  readonly baseId: string | null;
}

/** What one model call asked for: how many tool calls wait, and whether the turn is over. Names are those of known tools. */
export interface AskedModel {
  readonly calls: readonly { readonly id: string; readonly name: string }[];
  readonly done: boolean;
}

/** The activities of a turn, each repeatable: what has completed is read back and not done again. */
export interface ChatTurnActivities {
  /** Stores the conversation so far; `position` is where the first model call goes. */
  startTurn(turn: ChatTurnRef): Promise<{ position: number }>;
  askModel(turn: ChatTurnRef & { readonly position: number }): Promise<AskedModel>;
  callOneTool(
    turn: ChatTurnRef & { readonly position: number; readonly callIndex: number },
  ): Promise<{ ok: boolean }>;
  finishTurn(turn: ChatTurnRef): Promise<ChatTurnResult>;
}
