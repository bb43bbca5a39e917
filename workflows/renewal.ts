import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import type { OperationError } from '../contracts/operations';
import type { StepLine } from './details';
import type { LiveState } from './messages';

/** Chunks after which a run hands over, whatever the server suggests: some 3,000 events, and a replay of seconds. */
const CHUNKS_PER_RUN = 300;

/** A step that was begun, in this run or an earlier one of the same operation. */
export interface BegunStep {
  readonly line: StepLine;
  ended: boolean;
  /** Ids and small facts; absent until it ended. */
  result?: unknown;
}

/** Why the steps are being taken back, and what of it could not be done so far. */
export interface Undoing {
  readonly cause: OperationError;
  readonly cancelled: boolean;
  readonly unfinished: string[];
}

/** What one run of an operation hands to the next. A cancel that came is in `undoing`: the next run hears of no other. */
export interface Carried {
  readonly live: LiveState;
  readonly pausing: boolean;
  readonly steps: readonly BegunStep[];
  readonly undoing: Undoing | null;
}

export interface Renewal {
  /** Between chunks: returns, or never where this run is at its end. */
  renewIfLong(): Promise<void>;
  /** What `work` comes to, or the end of this run. */
  within<T>(work: Promise<T>): Promise<T>;
}

/**
 * Keeps the history of long work short: the work goes on in a new run under the same id. `carry` says what the next run is
 * to know, `again` are its arguments without that.
 */
export function createRenewal<Args extends object>(
  again: Args,
  chunksPerRun: number | undefined,
  carry: () => Carried,
): Renewal {
  let chunks = 0;
  let handOver: () => void = () => undefined;
  const end = new Promise<void>((resolve) => (handOver = resolve));
  return {
    async renewIfLong() {
      chunks++;
      if (chunks < (chunksPerRun ?? CHUNKS_PER_RUN) && !workflowInfo().continueAsNewSuggested) return;
      // Runs from before this went on, and have to when they are replayed; beyond what they did they are renewed too.
      if (!patched('renewed-when-long')) return;
      await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
      // This run was told of the cancel, the next would not be: the next thing waited for throws it.
      if (CancellationScope.current().consideredCancelled) return;
      handOver();
      // Not thrown from here: nobody on the way up may take the end of the run for a failure of the work.
      await new Promise<never>(() => undefined);
    },
    within: (work) =>
      Promise.race([
        work,
        end.then(() =>
          continueAsNew<(args: Args & { carried: Carried }) => Promise<unknown>>({
            ...again,
            carried: carry(),
          }),
        ),
      ]),
  };
}
