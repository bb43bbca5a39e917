import type { Kill } from './kills';
import { LEAST_COMMITTED, LEAST_TAKEN_BACK } from './oracle/judge-run';
import type { Story } from './story';

/** Shares of fewer edits than these say nothing. */
const LEAST_ENDED = 24;
/** Of what the product says it took back some may never have been written, which only the judge can tell. */
const MARGIN = 0.05;

/**
 * Whether what has happened so far will do for the judge. A machine that is slow, or a seed whose kills hit nothing, needs
 * longer for it than was asked for.
 */
export function isEnough(
  stories: readonly Story[],
  kills: readonly Kill[],
  { edits, kills: wanted }: { readonly edits: number; readonly kills: number },
): boolean {
  const ended = stories.filter(({ over, failure }) => over && failure === null);
  if (ended.length < Math.min(LEAST_ENDED, edits)) return false;
  const committed = ended.filter(({ ended: end }) => end === 'done').length;
  const takenBack = ended.filter(({ undone, revertEnded }) => undone || revertEnded === 'done').length;
  return (
    committed >= ended.length * LEAST_COMMITTED &&
    takenBack >= ended.length * (LEAST_TAKEN_BACK + MARGIN) &&
    (wanted === 0 || kills.some(({ midRequest }) => midRequest))
  );
}
