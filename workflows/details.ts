import { setCurrentDetails } from '@temporalio/workflow';
import type { OperationError } from '../contracts/operations';
import type { LiveState } from './messages';

export interface StepLine {
  readonly name: string;
  state: 'running' | 'done' | 'undoing' | 'undone' | 'not undone';
  reason?: string;
}

const MARKS = { running: '▶', done: '✓', undoing: '↶', undone: '↺', 'not undone': '✗' } as const;

/** Shows the operation in Temporal's Web UI ("current details", Markdown) to someone who has not seen the code. */
export function showDetails(title: string, lines: readonly StepLine[], live: LiveState, ending = ''): void {
  const progress = live.progress
    ? `\n${live.progress.message} (${live.progress.done} of ${live.progress.total} ${live.progress.unit})\n`
    : '';
  const steps = lines
    .map((l) => `- ${MARKS[l.state]} ${l.name}: ${l.state}${l.reason ? ` (${l.reason})` : ''}`)
    .join('\n');
  const paused = live.pausedBecause ? `\n${live.pausedBecause}\n` : '';
  setCurrentDetails(`**${title}**: ${live.status}\n${paused}${progress}\n${steps}\n${ending}`);
}

/** Why the operation was undone, and what is left for a person to look at. */
export function describeSteps(cause: OperationError, unfinished: readonly string[]): string {
  const rest = unfinished.map((u) => `- ${u}`).join('\n');
  return `\nUndone because: ${cause.message} (${cause.code})\n${rest ? `\nNeeds review:\n${rest}` : ''}`;
}
