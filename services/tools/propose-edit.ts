import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { z } from 'zod';
import { ProposeEditInput } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import { answerCall } from './answer';
import type { ToolContext, ToolServices } from './context';
import { ProposeEditOutput, ProposeEditToolInput } from './shapes';

type Input = z.infer<z.ZodObject<typeof ProposeEditToolInput>>;

/** Adds `propose_edit`: plans a change set for a person to review. It writes nothing to the base. */
export function addProposeEdit(server: McpServer, services: ToolServices, context: ToolContext): void {
  server.registerTool(
    'propose_edit',
    {
      title: 'Propose an edit',
      description:
        'Plans changes to one base, of records, tables and fields, and shows them to a person, who approves or rejects them; nothing is written by this call. Put everything the person asked for into one proposal. Tables and fields are made first: records of the same proposal can use them by name.',
      inputSchema: ProposeEditToolInput,
      outputSchema: ProposeEditOutput,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
    },
    (input: Input, { signal }) =>
      answerCall(services, context, signal, async ({ live }) => {
        const { workspaceId, userId: actor, planner, chatId, editId } = context;
        const proposal = { workspaceId, actor, planner, chatId, input: checked(input) };
        const edit = await services.edits.propose(
          editId === undefined ? proposal : { ...proposal, editId },
          live,
        );
        return { editId: edit.editId, headline: edit.headline, counts: edit.counts, warnings: edit.warnings };
      }),
  );
}

function checked(input: Input): ProposeEditInput {
  const parsed = ProposeEditInput.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SagatableError('InvalidInput', `The proposal ${issue?.message ?? 'is malformed'}.`, {
    code: 'invalid_proposal',
  });
}
