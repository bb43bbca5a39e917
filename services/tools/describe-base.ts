import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { z } from 'zod';
import {
  COMPUTED_TYPES,
  type BaseSchema,
  type FieldSchema,
  type TableSchema,
} from '../../contracts/airtable';
import { optionNames } from '../edits/values';
import { answerCall } from './answer';
import type { ToolContext, ToolServices } from './context';
import { openBase } from './open-base';
import { DescribeBaseInput, DescribeBaseOutput, type DescribedField } from './shapes';

/** Fields of all tables together that one answer describes. */
const MAX_FIELDS = 400;
/** Options of one select field that are listed, and of all fields together. */
const MAX_CHOICES = 100;
const MAX_ALL_CHOICES = 1_000;

type Input = z.infer<z.ZodObject<typeof DescribeBaseInput>>;

/** Adds `describe_base`: tables, fields, types, options, links. */
export function addDescribeBase(server: McpServer, services: ToolServices, context: ToolContext): void {
  server.registerTool(
    'describe_base',
    {
      title: 'Describe a base',
      description:
        'Tables and fields of a base: names, types, options of selects, where links lead, what can be written. Do this before proposing changes.',
      inputSchema: DescribeBaseInput,
      outputSchema: DescribeBaseOutput,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    (input: Input, { signal }) =>
      answerCall(services, context, signal, async (call) => {
        const { schema, index } = await openBase(call, input);
        return describeTables(
          input.baseId,
          schema,
          input.table === undefined ? schema.tables : [index.table(input.table)],
        );
      }),
  );
}

function describeTables(
  baseId: string,
  schema: BaseSchema,
  tables: readonly TableSchema[],
): z.infer<typeof DescribeBaseOutput> {
  const described: z.infer<typeof DescribeBaseOutput>['tables'] = [];
  const left: string[] = [];
  let room = MAX_FIELDS;
  let choiceRoom = MAX_ALL_CHOICES;
  for (const table of tables) {
    if (table.fields.length > room && described.length > 0) {
      left.push(table.name);
      continue;
    }
    room -= table.fields.length;
    described.push({
      id: table.id,
      name: table.name,
      primaryField:
        table.fields.find((field) => field.id === table.primaryFieldId)?.name ?? table.primaryFieldId,
      fields: table.fields.map((field) => {
        const described = describeField(field, schema, choiceRoom);
        choiceRoom -= described.choices?.length ?? 0;
        return described;
      }),
    });
  }
  if (left.length === 0) return { baseId, tables: described };
  return { baseId, tables: described, more: `Not described here, ask for each by table: ${left.join(', ')}` };
}

function describeField(field: FieldSchema, schema: BaseSchema, room: number): z.infer<typeof DescribedField> {
  const choices = [...(optionNames(field) ?? [])];
  const listed = choices.slice(0, Math.min(MAX_CHOICES, room));
  const linkedTableId = field.options?.['linkedTableId'];
  const linkedTable = schema.tables.find((table) => table.id === linkedTableId)?.name;
  return {
    id: field.id,
    name: field.name,
    type: field.type,
    writable: !COMPUTED_TYPES.has(field.type),
    ...(listed.length > 0 && { choices: listed }),
    ...(choices.length > listed.length && {
      more: `${choices.length - listed.length} more options are not listed`,
    }),
    ...(linkedTable !== undefined && { linkedTable }),
  };
}
