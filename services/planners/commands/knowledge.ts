import type { z } from 'zod';
import { DescribeBaseOutput, ListBasesOutput, ProposeEditOutput } from '../../tools/shapes';
import type { TranscriptEntry } from '../planner';

type Result = Extract<TranscriptEntry, { kind: 'result' }>;

/** What this turn has found out so far, read from its entries. */
export interface Knowledge {
  readonly message: string;
  readonly baseId: string | null;
  readonly bases: z.infer<typeof ListBasesOutput> | undefined;
  readonly schema: z.infer<typeof DescribeBaseOutput> | undefined;
  readonly proposal: z.infer<typeof ProposeEditOutput> | undefined;
  /** The first tool call that failed, in its own words. */
  readonly failure: string | undefined;
}

/** The last message and all that came back after it. Throws ZodError when a stored result has another shape. */
export function gatherKnowledge(entries: readonly TranscriptEntry[]): Knowledge {
  const asked = entries.findLastIndex((entry) => entry.kind === 'user');
  const message = entries[asked];
  const results = entries.slice(asked + 1).filter((entry): entry is Result => entry.kind === 'result');
  const found = (name: string) => results.find((result) => result.ok && result.name === name)?.result;
  const system = entries.find((entry) => entry.kind === 'system');
  const failed = results.find((result) => !result.ok);
  return {
    message: message?.kind === 'user' ? message.text : '',
    baseId: system?.baseId ?? null,
    bases: ListBasesOutput.optional().parse(found('list_bases')),
    schema: DescribeBaseOutput.optional().parse(found('describe_base')),
    proposal: ProposeEditOutput.optional().parse(found('propose_edit')),
    failure: failed === undefined ? undefined : textOf(failed.result),
  };
}

function textOf(result: unknown): string {
  if (typeof result === 'object' && result !== null && 'error' in result) return String(result.error);
  return typeof result === 'string' ? result : JSON.stringify(result);
}
