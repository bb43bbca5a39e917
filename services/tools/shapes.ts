import { z } from 'zod';
import { ProposedChange, ProposedRule } from '../../contracts/changes';
import { BaseId, idOf, RecordId } from '../../contracts/ids';

/** Most rows one call answers with. */
export const MAX_ROWS = 50;
/** Farthest a list can be walked into by `skip`; a condition is the better way. */
export const MAX_SKIP = 5_000;
/** Characters of a cell that lists show; the rest is cut and says so. */
export const MAX_CELL_TEXT = 200;
/** Changes one by one that one proposal may hold; rules are the way to change more. */
export const MAX_LISTED_CHANGES = 1_000;

const Named = (what: string) => z.string().min(1).max(255).describe(`${what}: its name or id`);
const Where = z
  .string()
  .max(10_000)
  .describe('Airtable formula that picks records, like {Year} < 1950 or {Rating} = BLANK()');

/** The connection is needed only where two connections reach the same base. */
export const BasePlace = {
  baseId: BaseId.describe('The base, as list_bases gives it'),
  connectionId: idOf('connection').optional().describe('Only when two connections reach the same base'),
};

export const ListBasesInput = {};
export const ListBasesOutput = z.object({
  bases: z.array(
    z.object({
      baseId: z.string(),
      name: z.string(),
      connectionId: z.string(),
      connection: z.string(),
      writable: z.boolean(),
    }),
  ),
  unreachable: z.array(z.object({ connection: z.string(), problem: z.string() })),
});

export const DescribeBaseInput = {
  ...BasePlace,
  table: Named('Describe this table only').optional(),
};
export const DescribedField = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  writable: z.boolean(),
  choices: z.array(z.string()).optional(),
  linkedTable: z.string().optional(),
  more: z.string().optional(),
});
export const DescribeBaseOutput = z.object({
  baseId: z.string(),
  tables: z.array(
    z.object({ id: z.string(), name: z.string(), primaryField: z.string(), fields: z.array(DescribedField) }),
  ),
  more: z.string().optional(),
});

export const Row = z.object({ id: z.string(), fields: z.record(z.string(), z.string()) });
export const RowsOutput = z.object({
  note: z.string(),
  table: z.string(),
  rows: z.array(Row),
  more: z.string().optional(),
});

const Page = {
  limit: z.number().int().min(1).max(MAX_ROWS).default(20).describe(`Rows to return, at most ${MAX_ROWS}`),
  skip: z
    .number()
    .int()
    .min(0)
    .max(MAX_SKIP)
    .default(0)
    .describe('Rows to leave out first, to get the next page'),
};
export const ListRecordsInput = {
  ...BasePlace,
  table: Named('The table'),
  fields: z.array(Named('A field')).max(50).optional().describe('Fields to return; all when absent'),
  where: Where.optional(),
  sort: z
    .array(z.object({ field: Named('The field'), direction: z.enum(['asc', 'desc']).default('asc') }))
    .max(5)
    .optional(),
  ...Page,
};
export const SearchRecordsInput = {
  ...BasePlace,
  table: Named('The table'),
  text: z.string().min(1).max(500).describe('What to look for, as part of a cell, without regard to case'),
  field: Named('Where to look')
    .optional()
    .describe('Where to look: a field by name or id; the primary field when absent'),
  ...Page,
};
export const GetRecordInput = { ...BasePlace, table: Named('The table'), recordId: RecordId };
export const GetRecordOutput = z.object({ note: z.string(), table: z.string(), row: Row });

export const ProposeEditToolInput = {
  ...BasePlace,
  note: z.string().max(2_000).optional().describe('In a sentence, why: shown to the reviewer as your words'),
  rules: z
    .array(ProposedRule)
    .max(100)
    .default([])
    .describe(
      'Bulk changes: set cells, shift dates, relink, deleteWhere, each with a condition. Best for more than a few records',
    ),
  changes: z
    .array(ProposedChange)
    .max(MAX_LISTED_CHANGES)
    .default([])
    .describe(
      `Changes of single records, at most ${MAX_LISTED_CHANGES}: update and delete by record id, create; and of tables and fields: createTable, createField, renameTable, renameField, describeTable, describeField. No undo removes a new table or field`,
    ),
};
export const ProposeEditOutput = z.object({
  editId: z.string(),
  headline: z.string(),
  counts: z.record(z.string(), z.number()),
  warnings: z.array(z.string()),
});
