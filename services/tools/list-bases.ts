import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import { answerCall } from './answer';
import type { ToolCall, ToolContext, ToolServices } from './context';
import { ListBasesInput, ListBasesOutput } from './shapes';

/** Adds `list_bases`: every base that the workspace's connections reach. */
export function addListBases(server: McpServer, services: ToolServices, context: ToolContext): void {
  server.registerTool(
    'list_bases',
    {
      title: 'List bases',
      description:
        'The bases that can be read and changed here, with their ids. Start with this when no base is known.',
      inputSchema: ListBasesInput,
      outputSchema: ListBasesOutput,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    (_input, { signal }) => answerCall(services, context, signal, listBases),
  );
}

/** One connection that does not answer does not hide the bases of the others. */
async function listBases({ services, context, live }: ToolCall): Promise<z.infer<typeof ListBasesOutput>> {
  const found: z.infer<typeof ListBasesOutput> = { bases: [], unreachable: [] };
  for (const connection of await services.connections.list(context.workspaceId)) {
    try {
      const client = await services.gateway.open(
        { workspaceId: context.workspaceId, id: connection.id },
        'interactive',
      );
      for (const { id, name } of await client.listBases({ signal: live.signal })) {
        found.bases.push({
          baseId: id,
          name,
          connectionId: connection.id,
          connection: connection.name,
          writable: connection.writable,
        });
      }
    } catch (error) {
      if (!(error instanceof SagatableError) || error.code === 'cancelled') throw error;
      found.unreachable.push({ connection: connection.name, problem: error.message });
    }
  }
  return found;
}
