import { quantile } from './statistics';

/** What one side did in one round. */
export interface Round {
  readonly p50Ms: number;
  readonly perSecond: number;
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
  const ratios = (of: (round: Round) => number) => ours.map((round, n) => of(round) / of(plain[n] ?? round));
  return {
    name,
    ours,
    plain,
    p50Ratio: quantile(
      ratios((round) => round.p50Ms),
      0.5,
    ),
    throughputRatio: quantile(
      ratios((round) => round.perSecond),
      0.5,
    ),
  };
}
