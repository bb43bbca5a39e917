import { ALWAYS, all, any, NEVER, not, type Condition } from './condition';

/**
 * What is known of the rows a formula holds for: `upper` holds wherever the formula does, `lower` nowhere else. `fault`
 * holds only where the formula is an error (it is then neither true nor false). Exact: all three say just where.
 */
export interface Bounds {
  readonly upper: Condition;
  readonly lower: Condition;
  readonly fault: Condition;
  readonly exact: boolean;
}

/** Where the formula holds just where the condition does, and is an error just where the fault is. */
export function exactly(condition: Condition, fault = NEVER): Bounds {
  return { upper: condition, lower: condition, fault, exact: true };
}

/** Nothing known. */
export const UNKNOWN: Bounds = { upper: ALWAYS, lower: NEVER, fault: NEVER, exact: false };

/** Both sides of NOT: an error stays one. */
export function negated(bounds: Bounds): Bounds {
  return { ...bounds, upper: not(bounds.lower), lower: not(bounds.upper) };
}

/** AND (`all`) or OR (`any`) of formulas that are all computed: an error in one is an error of the whole. */
export function joined(kind: 'all' | 'any', parts: readonly Bounds[]): Bounds {
  const join = kind === 'all' ? all : any;
  return {
    upper: join(parts.map((part) => part.upper)),
    lower: join(parts.map((part) => part.lower)),
    fault: any(parts.map((part) => part.fault)),
    exact: parts.every((part) => part.exact),
  };
}
