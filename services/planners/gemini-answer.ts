import { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import { NativeParts, type NativePart } from './gemini-conversation';
import { priceUsage } from './gemini-prices';
import { fromGeminiArgs } from './gemini-schema';
import type { PlannerMove, PlannerTool } from './planner';

const Count = z.number().int().nonnegative().default(0);
const Response = z.looseObject({
  candidates: z
    .array(
      z.looseObject({
        content: z.looseObject({ parts: NativeParts.default([]) }).optional(),
        finishReason: z.string().optional(),
      }),
    )
    .default([]),
  promptFeedback: z.looseObject({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z
    .looseObject({ promptTokenCount: Count, candidatesTokenCount: Count, thoughtsTokenCount: Count })
    .optional(),
});

/** Finish reasons that mean "I will not": asking again would give the same. */
const REFUSALS = new Set(['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII']);

/**
 * Reads an answer of generateContent. `turnMoves` counts the moves before it, to give calls ids that are unique in
 * the turn. Throws Upstream `model_answer` when it makes no sense, which another try may mend.
 */
export function readAnswer(
  body: unknown,
  model: string,
  tools: readonly PlannerTool[],
  turnMoves: number,
): PlannerMove {
  const parsed = Response.safeParse(body);
  if (!parsed.success) throw senseless('has another form than expected');
  const { candidates, promptFeedback, usageMetadata } = parsed.data;
  const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usageMetadata ?? {};
  const usage = priceUsage(model, promptTokenCount, candidatesTokenCount + thoughtsTokenCount);
  const [candidate] = candidates;
  if (promptFeedback?.blockReason !== undefined) {
    return { calls: [], usage, refusal: { reason: promptFeedback.blockReason, stage: 'prompt' } };
  }
  if (!candidate) throw senseless('is empty');
  const { finishReason = 'STOP' } = candidate;
  if (REFUSALS.has(finishReason))
    return { calls: [], usage, refusal: { reason: finishReason, stage: 'answer' } };
  const parts = candidate.content?.parts ?? [];
  const text = parts.flatMap((part) => (part.thought || part.text === undefined ? [] : [part.text])).join('');
  const calls = parts
    .flatMap((part) => (part.functionCall ? [part.functionCall] : []))
    .map((call, i) => toCall(call, tools, `${turnMoves}.${i}`));
  if (calls.length === 0 && text.trim() === '')
    throw senseless(`ended with ${finishReason} and says nothing`);
  const cut = finishReason === 'MAX_TOKENS' && calls.length === 0 ? ' … (cut off)' : '';
  return { ...(text !== '' && { text: text + cut }), calls, usage, native: parts };
}

function toCall(call: NonNullable<NativePart['functionCall']>, tools: readonly PlannerTool[], id: string) {
  const tool = tools.find(({ name }) => name === call.name);
  const args = fromGeminiArgs(tool?.inputSchema, call.args ?? {});
  return { id, name: call.name, args: z.record(z.string(), z.unknown()).parse(args) };
}

function senseless(how: string): SagatableError {
  return new SagatableError('Upstream', `The model’s answer ${how}.`, { code: 'model_answer' });
}
