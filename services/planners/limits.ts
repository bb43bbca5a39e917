import { z } from 'zod';
import type { TranscriptEntry } from './planner';

/** Tokens by kind; cost in millionths of a US dollar, by the adapter's price table. */
export const Usage = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  costMicroUsd: z.number().int().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, costMicroUsd: 0 };

/** What one chat turn may use. Tokens count input and output together, of all calls. */
export const TURN_LIMITS = {
  modelCalls: 12,
  toolCalls: 40,
  tokens: 200_000,
  /** 0.25 US dollars. */
  costMicroUsd: 250_000,
  wallTimeMs: 5 * 60_000,
} as const;
export type TurnLimits = { readonly [K in keyof typeof TURN_LIMITS]: number };

/** What a turn has used so far, counted from its entries alone, so that a crash loses nothing. */
export function countUsage(entries: readonly TranscriptEntry[], now: Date): TurnLimits {
  const moves = entries.flatMap((entry) => (entry.kind === 'move' ? [entry.move] : []));
  const sum = (of: (usage: Usage) => number) => moves.reduce((total, move) => total + of(move.usage), 0);
  const first = entries[0];
  return {
    modelCalls: moves.length,
    toolCalls: moves.reduce((total, move) => total + move.calls.length, 0),
    tokens: sum((usage) => usage.inputTokens + usage.outputTokens),
    costMicroUsd: sum((usage) => usage.costMicroUsd),
    wallTimeMs: first?.kind === 'system' ? Math.max(0, now.getTime() - Date.parse(first.startedAt)) : 0,
  };
}

/** Asked before each model call: the sentence for people when the turn has to end, else undefined. */
export function checkLimits(used: TurnLimits, limits: TurnLimits = TURN_LIMITS): string | undefined {
  if (used.modelCalls >= limits.modelCalls)
    return `it would have taken more than ${limits.modelCalls} model calls`;
  // A move may ask for several calls at once: those beyond the limit are never made.
  if (used.toolCalls > limits.toolCalls) return `it asked for more than ${limits.toolCalls} tool calls`;
  if (used.tokens >= limits.tokens) return `it used up its ${limits.tokens.toLocaleString('en')} tokens`;
  if (used.costMicroUsd >= limits.costMicroUsd)
    return `it used up its ${(limits.costMicroUsd / 1e6).toFixed(2)} US dollars`;
  if (used.wallTimeMs >= limits.wallTimeMs)
    return `it took longer than ${limits.wallTimeMs / 60_000} minutes`;
  return undefined;
}
