import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { z } from 'zod';
import { answerCall } from './answer';
import type { ToolContext, ToolServices } from './context';
import { openBase } from './open-base';
import { readRows } from './rows';
import { ListRecordsInput, RowsOutput } from './shapes';

type Input = z.infer<z.ZodObject<typeof ListRecordsInput>>;

/** Adds `list_records`: rows of a table that fit a condition, a page at a time. */
export function addListRecords(server: McpServer, services: ToolServices, context: ToolContext): void {
  server.registerTool(
    'list_records',
    {
      title: 'List records',
      description:
        'Rows of a table, at most 50 a call, picked by an Airtable formula. To change many records you need not list them: propose a rule with the same condition.',
      inputSchema: ListRecordsInput,
      outputSchema: RowsOutput,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    (input: Input, { signal }) =>
      answerCall(services, context, signal, async (call) => {
        const base = await openBase(call, input);
        const table = base.index.table(input.table);
        const fields = input.fields
          ? input.fields.map((field) => base.index.field(table, field))
          : table.fields;
        const sort = input.sort?.map((s) => ({
          field: base.index.field(table, s.field).id,
          direction: s.direction,
        }));
        return readRows(call, base, table, fields, { filterByFormula: input.where, sort }, input);
      }),
  );
}
