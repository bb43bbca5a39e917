import type { CpuTime } from './cpu-time';
import { quantile } from './statistics';

/** What one side did in one round. */
export interface Round {
  readonly p50Ms: number;
  readonly perSecond: number;
  /** Milliseconds of processor time for one run or request, by process; null where it cannot be told. */
  readonly cpuMs: CpuTime | null;
}

export interface Comparison {
  readonly name: string;
  readonly ours: readonly Round[];
  readonly plain: readonly Round[];
  /** Medians of the rounds' ratios, ours to plain. */
  readonly p50Ratio: number;
  readonly throughputRatio: number;
}

/** Measures both sides in turns, so that what slows the machine down slows both; the first round of each does not count. */
export async function compare(
  name: string,
  rounds: number,
  sides: { readonly ours: () => Promise<Round>; readonly plain: () => Promise<Round> },
): Promise<Comparison> {
  const ours: Round[] = [];
  const plain: Round[] = [];
  await sides.plain();
  await sides.ours();
  for (let n = 0; n < rounds; n++) {
    plain.push(await sides.plain());
    ours.push(await sides.ours());
  }
  const ratio = (of: (round: Round) => number) =>
    quantile(
      ours.map((round, n) => of(round) / of(plain[n] ?? round)),
      0.5,
    );
  return {
    name,
    ours,
    plain,
    p50Ratio: ratio((round) => round.p50Ms),
    throughputRatio: ratio((round) => round.perSecond),
  };
}
