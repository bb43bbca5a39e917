import type { z } from 'zod';
import { CancellationScope, condition, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { Fence, Progress } from '../contracts/operations';
import { SAFEGUARDS } from '../contracts/safeguards';
import type { Scope } from '../contracts/scopes';
import { describeFailure, failAs, isCancelled } from './failure';
import { bookkeeping } from './proxies';
import { describeSteps, showDetails } from './details';
import { getProgress, pause, resume, type LiveState } from './messages';
import { createRenewal, type BegunStep, type Carried, type Undoing } from './renewal';

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
  /** From the run before, where the history of the operation had grown too long for one. */
  readonly carried?: Carried;
  /** Fewer than usual make shorter histories, and more of them. */
  readonly chunksPerRun?: number;
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
  /** Pauses from inside until `isOver`, somebody resumes, or so many ms have passed. */
  waitUntil(reason: string, isOver: () => boolean, atMostMs: number): Promise<void>;
  /**
   * To be called between chunks, in a do or an undo. Where the history has grown long, the rest happens in a new run: `run`
   * begins anew there, the steps that ended give what they gave, and the one at work is done, or undone, from its beginning.
   * Whoever calls it does everything inside steps.
   */
  renewIfLong(): Promise<void>;
}

type OperationWorkflow<Request, Staged, Result> = ((args: OperationArgs<Staged>) => Promise<Result>) & {
  readonly spec: OperationSpec<Request, Staged, Result>;
};

/** What a cancel does not reach. */
function uninterrupted<T>(work: () => Promise<T>): Promise<T> {
  return SAFEGUARDS.nonCancellableUndo ? CancellationScope.nonCancellable(work) : work();
}

/** Where an operation stood in an earlier run: there it failed, and what follows is undoing. */
class FailedBefore extends Error {}

/** Makes a workflow of a definition. The export's name must be `spec.name`: it is the workflow type. */
export function operation<Request, Staged, Result>(
  spec: OperationSpec<Request, Staged, Result>,
): OperationWorkflow<Request, Staged, Result> {
  const workflow = (args: OperationArgs<Staged>): Promise<Result> => {
    const { carried, ...first } = args;
    const ids = { workspaceId: args.workspaceId, operationId: args.operationId };
    const live: LiveState = carried?.live ?? { status: 'running', progress: null, pausedBecause: null };
    const earlier = carried?.steps ?? [];
    const begun: Array<BegunStep & { undo?: (fence: Fence) => Promise<void> }> = [];
    let undoing: Undoing | null = carried?.undoing ?? null;
    let pausing = carried?.pausing ?? false;
    const show = (ending?: string) =>
      showDetails(
        spec.title,
        begun.map((step) => step.line),
        live,
        ending,
      );
    const renewal = createRenewal(first, args.chunksPerRun, () => ({
      live,
      pausing,
      undoing,
      steps: begun.map(({ line, ended, result }) => ({ line, ended, result })),
    }));

    setHandler(getProgress, () => live);
    setHandler(pause, () => {
      pausing = true;
    });
    let resumes = 0;
    setHandler(resume, () => {
      pausing = false;
      resumes++;
    });

    const showPaused = async (reason: string, wait: () => Promise<unknown>) => {
      const was = live.status;
      live.status = 'paused';
      live.pausedBecause = reason;
      await bookkeeping.noteStatus({ ...ids, status: 'paused', message: reason });
      await wait();
      live.status = was;
      live.pausedBecause = null;
      await bookkeeping.noteStatus({ ...ids, status: was, message: null });
    };
    const waitWhilePaused = async (reason: string) => {
      if (pausing) await showPaused(reason, () => condition(() => !pausing));
    };

    const saga: Saga = {
      ...ids,
      actor: args.actor,
      async step<T>(name: string, step: Step<T>) {
        const nth = begun.filter(({ line }) => line.name === name).length;
        const before = earlier.filter(({ line }) => line.name === name)[nth];
        const own: (typeof begun)[number] = {
          ...(before ?? { line: { name, state: 'running' }, ended: false }),
        };
        const registerUndo = () => {
          if (typeof step.undo === 'function') own.undo = step.undo;
        };
        if (SAFEGUARDS.undoBeforeDo) registerUndo();
        begun.push(own);
        // As it was written down when it ended, by this very step.
        if (own.ended) return own.result as T;
        if (undoing) throw new FailedBefore();
        show();
        const result = await step.do({ ...ids, step: name });
        if (!SAFEGUARDS.undoBeforeDo) registerUndo();
        own.result = result;
        own.ended = true;
        own.line.state = 'done';
        show();
        return result;
      },
      report(progress) {
        live.progress = progress;
        show();
      },
      waitWhilePaused: () => waitWhilePaused('paused on request'),
      async pauseFor(reason) {
        pausing = true;
        await waitWhilePaused(reason);
      },
      async waitUntil(reason, isOver, atMostMs) {
        const before = resumes;
        await showPaused(reason, () => condition(() => isOver() || resumes !== before, atMostMs));
      },
      renewIfLong: () => renewal.renewIfLong(),
    };

    const takeBack = async ({ cause, cancelled, unfinished }: Undoing): Promise<never> => {
      for (const { line, undo } of [...begun].reverse()) {
        if (!undo || line.state === 'undone' || line.state === 'not undone') continue;
        line.state = 'undoing';
        show();
        try {
          await undo({ ...ids, step: line.name });
          line.state = 'undone';
        } catch (undoError) {
          line.state = 'not undone';
          line.reason = describeFailure(undoError).message;
          unfinished.push(`${line.name}: ${line.reason}`);
        }
      }
      // Deployed meanwhile: a step that today's code does not come to is told, and not passed over in silence.
      const unknown = earlier.filter(({ line }) => !begun.some((step) => step.line === line));
      unfinished.push(...unknown.map(({ line }) => `${line.name}: not a step of the present version`));
      const status = unfinished.length ? 'needs_review' : 'rolled_back';
      live.status = status;
      upsertSearchAttributes({ SagatableOutcome: [status] });
      show(describeSteps(cause, unfinished));
      await bookkeeping.finishOperation({
        ...ids,
        status,
        result: null,
        error: { ...cause, details: { ...cause.details, ...(unfinished.length ? { unfinished } : {}) } },
      });
      throw failAs(status, cause, unfinished, cancelled);
    };

    const work = async (): Promise<Result> => {
      try {
        const result = await spec.run(saga, args.input);
        if (undoing) throw new FailedBefore();
        await CancellationScope.nonCancellable(() =>
          bookkeeping.finishOperation({ ...ids, status: 'done', result: result ?? null, error: null }),
        );
        live.status = 'done';
        upsertSearchAttributes({ SagatableOutcome: ['done'] });
        show();
        return result;
      } catch (error) {
        // An attempt that fails after the cancel came is not repeated, and its failure is what arrives here.
        const cancelled = isCancelled(error) || CancellationScope.current().consideredCancelled;
        return await uninterrupted(async () => {
          if (!undoing) {
            undoing = { cause: describeFailure(error, cancelled), cancelled, unfinished: [] };
            live.status = 'compensating';
            upsertSearchAttributes({ SagatableOutcome: ['compensating'] });
            await bookkeeping.noteStatus({ ...ids, status: 'compensating', message: undoing.cause.message });
          }
          return takeBack(undoing);
        });
      }
    };
    return renewal.within(work());
  };
  return Object.assign(workflow, { spec });
}
