import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { z } from 'zod';
import { quoteFormula } from '../edits/links';
import { answerCall } from './answer';
import type { ToolContext, ToolServices } from './context';
import { openBase } from './open-base';
import { readRows } from './rows';
import { RowsOutput, SearchRecordsInput } from './shapes';

type Input = z.infer<z.ZodObject<typeof SearchRecordsInput>>;

/** Adds `search_records`: rows in which a field holds a text, whatever its case. */
export function addSearchRecords(server: McpServer, services: ToolServices, context: ToolContext): void {
  server.registerTool(
    'search_records',
    {
      title: 'Search records',
      description:
        'Rows in which one field (the primary one unless you name another) holds a text, without regard to case.',
      inputSchema: SearchRecordsInput,
      outputSchema: RowsOutput,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    (input: Input, { signal }) =>
      answerCall(services, context, signal, async (call) => {
        const base = await openBase(call, input);
        const table = base.index.table(input.table);
        const field =
          input.field === undefined ? base.index.primaryField(table) : base.index.field(table, input.field);
        const filterByFormula = `FIND(LOWER(${quoteFormula(input.text)}), LOWER({${field.id}} & ""))`;
        return readRows(call, base, table, table.fields, { filterByFormula }, input);
      }),
  );
}
