import type { ProposeEditInput } from '../../contracts/changes';
import type { AirtableClient } from '../airtable/client';
import type { Liveness } from '../liveness';

/** The part of a client that reads: tools are given no more. */
export type ReadingClient = Pick<AirtableClient, 'listBases' | 'getBaseSchema' | 'listRecords' | 'getRecord'>;

/** On whose behalf tools are called. It is fixed when the server is made: no argument of a call can change it. */
export interface ToolContext {
  readonly workspaceId: string;
  readonly userId: string;
  /** Stored with what is proposed; null when a program calls the tools itself. */
  readonly planner: string | null;
  readonly chatId: string | null;
  readonly turnId: string | null;
  /** Id for the edit that this call proposes, given by callers that may repeat themselves after a crash. */
  readonly editId?: string | undefined;
  readonly live?: Liveness | undefined;
  /** Gets what is not the caller's to mend (faults of our own, cancellation): the caller is told only that it failed. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

/** What the tools stand on. */
export interface ToolServices {
  readonly gateway: {
    open(connection: { workspaceId: string; id: string }, lane: 'interactive'): Promise<ReadingClient>;
  };
  readonly connections: {
    list(
      workspaceId: string,
    ): Promise<readonly { readonly id: string; readonly name: string; readonly writable: boolean }[]>;
  };
  readonly edits: {
    propose(
      proposal: {
        readonly workspaceId: string;
        readonly actor: string;
        readonly input: ProposeEditInput;
        readonly planner: string | null;
        readonly chatId: string | null;
        readonly editId?: string;
      },
      live: Liveness,
    ): Promise<{
      editId: string;
      headline: string;
      counts: Readonly<Record<string, number | undefined>>;
      warnings: readonly string[];
    }>;
  };
}

/** What one call of a tool works with. */
export interface ToolCall {
  readonly services: ToolServices;
  readonly context: ToolContext;
  readonly live: Liveness;
}
