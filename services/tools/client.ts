import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CODE_KEY } from './answer';

/** Longest a tool may take, in milliseconds: planning a large edit reads whole tables. */
const CALL_TIMEOUT_MS = 10 * 60_000;

export interface ToolResult {
  readonly ok: boolean;
  /** The tool's structured answer, or `{error, code}`. */
  readonly result: unknown;
}

export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** The server's tools as MCP lists them. Closes the server. */
export function listTools(server: McpServer): Promise<ListedTool[]> {
  return connected(server, async (client) => {
    const { tools } = await client.listTools();
    return tools.map(({ name, description, inputSchema }) => ({
      name,
      description: description ?? '',
      inputSchema,
    }));
  });
}

/**
 * Calls one tool through MCP. What is wrong with the call (unknown tool, arguments that do not fit, an error of the
 * tool) comes back as `ok: false` for the planner to act on. Throws when `signal` aborts. Closes the server.
 */
export function callTool(
  server: McpServer,
  name: string,
  args: Record<string, unknown>,
  signal: AbortSignal,
): Promise<ToolResult> {
  return connected(server, async (client) => {
    // The client never takes its listener off: a signal of the call's own lets both go together.
    const options = { signal: AbortSignal.any([signal]), timeout: CALL_TIMEOUT_MS };
    const answer = await client.callTool({ name, arguments: args }, undefined, options);
    if (answer.isError !== true) return { ok: true, result: answer.structuredContent ?? null };
    const error = textOf(answer.content).replace(/^MCP error -?\d+: /, '');
    return { ok: false, result: { error, code: answer._meta?.[CODE_KEY] ?? 'invalid_call' } };
  });
}

async function connected<T>(server: McpServer, work: (client: Client) => Promise<T>): Promise<T> {
  const [here, there] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'sagatable-planner', version: '1' });
  try {
    await server.connect(there);
    await client.connect(here);
    return await work(client);
  } finally {
    await client.close();
    await server.close();
  }
}

function textOf(content: unknown): string {
  const parts = Array.isArray(content) ? content : [];
  return parts
    .map((part: unknown) =>
      typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '',
    )
    .join('\n');
}
