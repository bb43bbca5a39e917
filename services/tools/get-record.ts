import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import { answerCall } from './answer';
import type { ToolContext, ToolServices } from './context';
import { openBase } from './open-base';
import { DATA_NOTE, toRows } from './rows';
import { GetRecordInput, GetRecordOutput } from './shapes';

/** Characters of a cell, and of all cells together; lists show fewer. */
const MAX_TEXT = 4_000;
const MAX_TOTAL = 60_000;

type Input = z.infer<z.ZodObject<typeof GetRecordInput>>;

/** Adds `get_record`: one record with its long cells. */
export function addGetRecord(server: McpServer, services: ToolServices, context: ToolContext): void {
  server.registerTool(
    'get_record',
    {
      title: 'Get a record',
      description: 'One record by its id, with up to 4,000 characters of each cell.',
      inputSchema: GetRecordInput,
      outputSchema: GetRecordOutput,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    (input: Input, { signal }) =>
      answerCall(services, context, signal, async (call) => {
        const base = await openBase(call, input);
        const table = base.index.table(input.table);
        // The client refuses a record of another table, which Airtable would answer with: it ignores the table here.
        const options = { signal: call.live.signal, fieldIds: table.fields.map((field) => field.id) };
        const record = await base.client.getRecord(input.baseId, table.id, input.recordId, options);
        const [row] = await toRows(
          call,
          base,
          table.fields,
          [record],
          Math.min(MAX_TEXT, Math.ceil(MAX_TOTAL / table.fields.length)),
        );
        if (!row)
          throw new SagatableError('NotFound', `There is no record ${input.recordId} in “${table.name}”.`);
        return { note: DATA_NOTE, table: table.name, row };
      }),
  );
}
