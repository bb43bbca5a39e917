import { atLeast, atMost, tableText, targetsText, type Target } from './report';
import { roundTripsText, type RoundTrips } from './round-trips';
import type { Comparison, Round } from './side-by-side';
import { quantile } from './statistics';

export interface OperationsResults {
  readonly comparisons: readonly Comparison[];
  readonly roundTrips: readonly RoundTrips[];
}

/** The targets with their values; comparisons come in the order in which they are measured. */
export function judge({
  comparisons: [own, journalled, start, list],
  roundTrips,
}: OperationsResults): Target[] {
  const targets: Target[] = [];
  if (own)
    targets.push(
      atMost('own-store steps: p50', own.p50Ratio, 1.5),
      atLeast('own-store steps: throughput', own.throughputRatio, 0.7),
    );
  if (journalled)
    targets.push(
      atMost('journalled steps: p50', journalled.p50Ratio, 1.15),
      atLeast('journalled steps: throughput', journalled.throughputRatio, 0.9),
    );
  if (start) targets.push(atLeast('starting over HTTP: throughput', start.throughputRatio, 0.8));
  if (list) targets.push(atLeast('reading: throughput', list.throughputRatio, 0.6));
  const toRedis = Math.max(0, ...roundTrips.map(({ redis }) => redis));
  targets.push(atMost('round trips to Redis, at most', toRedis, 1));
  return targets;
}

const middle = (rounds: readonly Round[], of: (round: Round) => number) => quantile(rounds.map(of), 0.5);

/** Processor time of each process, ours and plain, for one run or request. */
function cpuText(comparisons: readonly Comparison[]): string {
  const names = [...new Set(comparisons.flatMap((c) => Object.keys(c.ours[0]?.cpuMs ?? {})))];
  if (names.length === 0) return 'The processor time of processes cannot be told on this system.';
  const row = (side: string, rounds: readonly Round[]) => {
    const each = names.map((name) => middle(rounds, (round) => round.cpuMs?.[name] ?? 0));
    const all = each.reduce((sum, ms) => sum + ms, 0);
    return [side, ...each.map((ms) => ms.toFixed(2)), all.toFixed(2)];
  };
  return tableText(
    ['Processor time each (ms)', ...names, 'all'],
    comparisons.flatMap((c) => {
      const [ours = c.name, plain = ''] = c.name.split(' / ');
      return [row(ours, c.ours), row(plain, c.plain)];
    }),
  );
}

/** Everything as text for people. */
export function reportText(
  { comparisons, roundTrips }: OperationsResults,
  targets: readonly Target[],
): string {
  return [
    tableText(
      ['', 'ours p50', 'plain p50', 'ratio', 'ours /s', 'plain /s', 'ratio'],
      comparisons.map((c) => [
        c.name,
        `${middle(c.ours, (r) => r.p50Ms).toFixed(1)} ms`,
        `${middle(c.plain, (r) => r.p50Ms).toFixed(1)} ms`,
        c.p50Ratio.toFixed(2),
        middle(c.ours, (r) => r.perSecond).toFixed(0),
        middle(c.plain, (r) => r.perSecond).toFixed(0),
        c.throughputRatio.toFixed(2),
      ]),
    ),
    cpuText(comparisons),
    roundTripsText(roundTrips),
    targetsText(targets),
  ].join('\n\n');
}
