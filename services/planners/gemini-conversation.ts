import { z } from 'zod';
import type { TranscriptEntry } from './planner';

/** A part as it came from Gemini. Unknown members (thought signatures) are kept, since they must go back unchanged. */
export const NativePart = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  functionCall: z
    .looseObject({
      name: z.string(),
      args: z.record(z.string(), z.unknown()).optional(),
      id: z.string().optional(),
    })
    .optional(),
});
export type NativePart = z.infer<typeof NativePart>;
export const NativeParts = z.array(NativePart);

export interface NativeContent {
  role: 'user' | 'model';
  parts: object[];
}

/** The conversation in Gemini's form. Neighbours of one role become one content, and so all results of a move do. */
export function toContents(entries: readonly TranscriptEntry[]): {
  system: string;
  contents: NativeContent[];
} {
  const contents: NativeContent[] = [];
  const nativeIds = new Map<string, string>();
  let system = '';
  const add = (role: NativeContent['role'], ...parts: object[]) => {
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts });
  };
  for (const entry of entries) {
    if (entry.kind === 'system') system = entry.text;
    if (entry.kind === 'user') add('user', { text: entry.text });
    if (entry.kind === 'assistant') add('model', { text: entry.text });
    if (entry.kind === 'move') {
      const parts = moveParts(entry, nativeIds);
      if (parts.length > 0) add('model', ...parts);
    }
    if (entry.kind === 'result') {
      const id = nativeIds.get(entry.callId);
      const response = entry.ok ? { output: entry.result } : { error: entry.result };
      add('user', { functionResponse: { ...(id !== undefined && { id }), name: entry.name, response } });
    }
  }
  return { system, contents };
}

/** A move as Gemini sent it, or, when another planner made it, rebuilt from what was said and called. */
function moveParts(
  { move }: Extract<TranscriptEntry, { kind: 'move' }>,
  nativeIds: Map<string, string>,
): object[] {
  const native = NativeParts.safeParse(move.native);
  if (native.success) {
    native.data
      .flatMap((part) => (part.functionCall ? [part.functionCall] : []))
      .forEach((call, i) => {
        const ours = move.calls[i];
        if (ours && call.id !== undefined) nativeIds.set(ours.id, call.id);
      });
    return native.data;
  }
  const text = move.text === undefined || move.text === '' ? [] : [{ text: move.text }];
  return [...text, ...move.calls.map(({ name, args }) => ({ functionCall: { name, args } }))];
}
