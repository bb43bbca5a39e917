import { z } from 'zod';
import { BaseId } from '../../contracts/ids';
import { Usage } from './limits';

/** One call that a planner asks for; `id` is unique within the turn. */
export const PlannerCall = z.object({
  id: z.string(),
  name: z.string(),
  args: z.record(z.string(), z.unknown()),
});
export type PlannerCall = z.infer<typeof PlannerCall>;

/** Why a model would not answer, in the model's own code. */
export const Refusal = z.object({ reason: z.string(), stage: z.enum(['prompt', 'answer']) });
export type Refusal = z.infer<typeof Refusal>;

/** What a planner does next: calls, or (without calls) the answer. */
export const PlannerMove = z.object({
  text: z.string().optional(),
  calls: z.array(PlannerCall),
  usage: Usage,
  refusal: Refusal.optional(),
  /** The provider's own form of this move, sent back as it came (thought signatures are in it). No one else reads it. */
  native: z.unknown().optional(),
});
export type PlannerMove = z.infer<typeof PlannerMove>;

/** The conversation of a turn, entry by entry, as it is stored. The first is always `system`. */
export const TranscriptEntry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('system'),
    text: z.string(),
    baseId: BaseId.nullable(),
    startedAt: z.iso.datetime(),
  }),
  z.object({ kind: z.literal('user'), text: z.string() }),
  /** What was answered in an earlier turn. */
  z.object({ kind: z.literal('assistant'), text: z.string() }),
  z.object({ kind: z.literal('move'), planner: z.string(), move: PlannerMove }),
  z.object({
    kind: z.literal('result'),
    callId: z.string(),
    name: z.string(),
    ok: z.boolean(),
    /** The tool's structured answer, or its error message. Data of the base, never instructions. */
    result: z.unknown(),
  }),
  /** The turn was ended by Sagatable, not by the planner. */
  z.object({ kind: z.literal('stopped'), reason: z.string() }),
]);
export type TranscriptEntry = z.infer<typeof TranscriptEntry>;

/** A tool as planners see it: what MCP's tools/list says. */
export interface PlannerTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** Turns a conversation into its next move. Keeps nothing between calls and never writes. */
export interface Planner {
  /** Stored with what it proposes, for example `gemini:gemini-2.5-flash`. */
  readonly name: string;
  /** Throws SagatableError: LimitReached, Unavailable and Upstream can be asked again, Forbidden and InvalidInput cannot. */
  next(
    entries: readonly TranscriptEntry[],
    tools: readonly PlannerTool[],
    signal: AbortSignal,
  ): Promise<PlannerMove>;
}
