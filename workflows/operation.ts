import type { z } from 'zod';
import { CancellationScope, condition, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { Fence, Progress } from '../contracts/operations';
import type { Scope } from '../contracts/scopes';
import { describeFailure, failAs, isCancelled } from './failure';
import { bookkeeping } from './proxies';
import { describeSteps, showDetails, type StepLine } from './details';
import { getProgress, pause, resume, type LiveState } from './messages';

/** What a door needs to start an operation, and what the catalog, OpenAPI and MCP are derived from. */
export interface OperationSpec<Request, Staged, Result> {
  /** The workflow type and the name in the catalog. */
  readonly name: string;
  /** For people: "Provision a workspace". */
  readonly title: string;
  /** `METHOD /path`; null when another operation's door starts it. */
  readonly route: `${'POST' | 'DELETE'} /v1/${string}` | null;
  /** What the actor must be allowed to do; null where nobody is signed in yet. */
  readonly scope: Scope | null;
  /** Whether an MCP tool is derived from it. */
  readonly tool: boolean;
  /** `new`: it makes its own workspace, and its keys are unique per actor. */
  readonly tenancy: 'workspace' | 'new';
  /** Parsed at the door only: a schema that gets stricter must not break a replay. */
  readonly input: z.ZodType<Request>;
  readonly output: z.ZodType<Result>;
  /** `input` is what the door staged: ids and small facts, never a secret, never a text of a customer's. */
  run(saga: Saga, input: Staged): Promise<Result>;
}

export interface OperationArgs<Staged> {
  readonly operationId: string;
  readonly workspaceId: string;
  readonly actor: string;
  readonly input: Staged;
}

export interface Step<T> {
  do(fence: Fence): Promise<T>;
  /** Must be idempotent and must work when `do` was never carried out. A text says why there is nothing to undo. */
  readonly undo: ((fence: Fence) => Promise<void>) | `nothing to undo: ${string}`;
}

export interface Saga {
  readonly operationId: string;
  readonly workspaceId: string;
  readonly actor: string;
  /** Registers the undo, then does. Undos run newest first when the operation fails or is cancelled. */
  step<T>(name: string, step: Step<T>): Promise<T>;
  /** What the progress query and the Web UI show. */
  report(progress: Progress): void;
  /** Returns at once unless somebody paused; then when they resume. Looked at between chunks of long work. */
  waitWhilePaused(): Promise<void>;
  /** Pauses from inside, for a reason that only a person can mend; resume goes on. */
  pauseFor(reason: string): Promise<void>;
}

type OperationWorkflow<Request, Staged, Result> = ((args: OperationArgs<Staged>) => Promise<Result>) & {
  readonly spec: OperationSpec<Request, Staged, Result>;
};

/** Makes a workflow of a definition. The export's name must be `spec.name`: it is the workflow type. */
export function operation<Request, Staged, Result>(
  spec: OperationSpec<Request, Staged, Result>,
): OperationWorkflow<Request, Staged, Result> {
  const workflow = async (args: OperationArgs<Staged>): Promise<Result> => {
    const own = { workspaceId: args.workspaceId, operationId: args.operationId };
    const live: LiveState = { status: 'running', progress: null, pausedBecause: null };
    const lines: StepLine[] = [];
    const undos: Array<{ name: string; line: StepLine; undo: (fence: Fence) => Promise<void> }> = [];
    let pausing = false;

    setHandler(getProgress, () => live);
    setHandler(pause, () => {
      pausing = true;
    });
    setHandler(resume, () => {
      pausing = false;
    });

    const waitWhilePaused = async (reason: string) => {
      if (!pausing) return;
      const was = live.status;
      live.status = 'paused';
      live.pausedBecause = reason;
      await bookkeeping.noteStatus({ ...own, status: 'paused', message: reason });
      await condition(() => !pausing);
      live.status = was;
      live.pausedBecause = null;
      await bookkeeping.noteStatus({ ...own, status: was, message: null });
    };

    const saga: Saga = {
      ...own,
      actor: args.actor,
      async step(name, step) {
        const line: StepLine = { name, state: 'running' };
        lines.push(line);
        if (typeof step.undo === 'function') undos.push({ name, line, undo: step.undo });
        showDetails(spec.title, lines, live);
        const result = await step.do({ ...own, step: name });
        line.state = 'done';
        showDetails(spec.title, lines, live);
        return result;
      },
      report(progress) {
        live.progress = progress;
        showDetails(spec.title, lines, live);
      },
      waitWhilePaused: () => waitWhilePaused('paused on request'),
      async pauseFor(reason) {
        pausing = true;
        await waitWhilePaused(reason);
      },
    };

    try {
      const result = await spec.run(saga, args.input);
      await CancellationScope.nonCancellable(() =>
        bookkeeping.finishOperation({ ...own, status: 'done', result: result ?? null, error: null }),
      );
      live.status = 'done';
      upsertSearchAttributes({ SagatableOutcome: ['done'] });
      showDetails(spec.title, lines, live);
      return result;
    } catch (error) {
      return await CancellationScope.nonCancellable(async () => {
        const cause = describeFailure(error);
        live.status = 'compensating';
        upsertSearchAttributes({ SagatableOutcome: ['compensating'] });
        await bookkeeping.noteStatus({ ...own, status: 'compensating', message: cause.message });
        const unfinished: string[] = [];
        for (const { name, line, undo } of undos.reverse()) {
          line.state = 'undoing';
          showDetails(spec.title, lines, live);
          try {
            await undo({ ...own, step: name });
            line.state = 'undone';
          } catch (undoError) {
            line.state = 'not undone';
            line.reason = describeFailure(undoError).message;
            unfinished.push(`${name}: ${line.reason}`);
          }
        }
        const status = unfinished.length ? 'needs_review' : 'rolled_back';
        live.status = status;
        upsertSearchAttributes({ SagatableOutcome: [status] });
        showDetails(spec.title, lines, live, describeSteps(cause, unfinished));
        await bookkeeping.finishOperation({
          ...own,
          status,
          result: null,
          error: { ...cause, details: { ...cause.details, ...(unfinished.length ? { unfinished } : {}) } },
        });
        throw failAs(status, cause, unfinished, isCancelled(error));
      });
    }
  };
  return Object.assign(workflow, { spec });
}
