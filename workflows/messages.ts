import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { OperationStatus, Progress } from '../contracts/operations';

export interface LiveState {
  status: OperationStatus;
  progress: Progress | null;
  pausedBecause: string | null;
}

/** Every operation answers it: what the workflow itself knows of its state. */
export const getProgress = defineQuery<LiveState>('progress');

/** Holds long work after its present chunk. A signal, so that it also reaches a workflow whose worker is down. */
export const pause = defineSignal('pause');
export const resume = defineSignal('resume');

/** Somebody decided on conflicts that an edit has put aside. */
export const conflictsDecided = defineSignal('conflictsDecided');
