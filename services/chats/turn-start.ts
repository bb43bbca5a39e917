import type { ChatTurnRef } from '../../contracts/chat-turns';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import type { TranscriptEntry } from '../planners/planner';
import { listUpTo } from './messages';
import { systemPrompt } from './system-prompt';
import { appendEntry, loadEntries } from './transcripts';

/** Messages of the chat, the asking one among them, that a planner gets to see. */
const HISTORY_MESSAGES = 20;
/** Characters of earlier messages together, so that a long chat does not use up a turn's tokens. */
const HISTORY_CHARACTERS = 40_000;

/** Stores how a turn begins: the rules, the last messages, the question. Repeated, it finds what is stored. */
export async function beginTranscript(tx: Tx, turn: ChatTurnRef, now: Date): Promise<{ position: number }> {
  const stored = await loadEntries(tx, turn);
  if (stored.length > 0) return { position: openingLength(stored) };
  const messages = await listUpTo(tx, turn.chatId, turn.turnId, HISTORY_MESSAGES);
  const question = messages.pop();
  if (!question) throw new SagatableError('NotFound', 'There is no such message.');
  let room = HISTORY_CHARACTERS;
  const earlier: TranscriptEntry[] = [];
  for (const message of messages.reverse()) {
    room -= message.text.length;
    if (room < 0) break;
    earlier.unshift({ kind: message.role, text: message.text });
  }
  const system = {
    kind: 'system',
    text: systemPrompt(turn.baseId, now),
    baseId: turn.baseId,
    startedAt: now.toISOString(),
  } as const;
  const entries: TranscriptEntry[] = [system, ...earlier, { kind: 'user', text: question.text }];
  for (const [position, entry] of entries.entries()) await appendEntry(tx, { ...turn, position }, entry);
  return { position: entries.length };
}

function openingLength(entries: readonly TranscriptEntry[]): number {
  const first = entries.findIndex((entry) => !['system', 'user', 'assistant'].includes(entry.kind));
  return first < 0 ? entries.length : first;
}
