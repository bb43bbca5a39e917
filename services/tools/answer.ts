import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { SagatableError } from '../../contracts/errors';
import type { Liveness } from '../liveness';
import type { ToolCall, ToolContext, ToolServices } from './context';

/** Under this key of `_meta` an error answer carries its stable code. */
export const CODE_KEY = 'sagatable/code';

/** A tool's work in MCP's form: its result as structured content and as text, or an error the model can act on. */
export async function answerCall(
  services: ToolServices,
  context: ToolContext,
  signal: AbortSignal,
  work: (call: ToolCall) => Promise<Record<string, unknown>>,
): Promise<CallToolResult> {
  try {
    const result = await work({ services, context, live: liveness(context, signal) });
    return { structuredContent: result, content: [{ type: 'text', text: JSON.stringify(result) }] };
  } catch (error) {
    if (error instanceof SagatableError && error.code !== 'cancelled')
      return errorAnswer(error.message, error.code);
    context.onFault?.(error);
    return errorAnswer(
      'The tool failed inside Sagatable; nothing was proposed. Do not repeat the call.',
      'internal',
    );
  }
}

function liveness(context: ToolContext, signal: AbortSignal): Liveness {
  if (!context.live) return { signal, heartbeat: () => undefined };
  return { signal: AbortSignal.any([signal, context.live.signal]), heartbeat: context.live.heartbeat };
}

function errorAnswer(message: string, code: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: message }], _meta: { [CODE_KEY]: code } };
}
