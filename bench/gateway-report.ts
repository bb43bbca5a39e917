import { PER_BASE } from './airtable-side';
import type { BulkResult } from './gateway-bulk';
import { FOREIGN_PER_SECOND, type ForeignResult } from './gateway-foreign';
import type { LoopResult } from './gateway-loops';
import { atLeast, atMost, tableText, targetsText, type Target } from './report';

export interface GatewayResults {
  readonly bulk: BulkResult;
  readonly foreign: readonly ForeignResult[];
  readonly loops: readonly LoopResult[];
}

/** The targets with their values. */
export function judgeGateway({ bulk, foreign }: GatewayResults): Target[] {
  return [
    atLeast('used of the base’s requests, %', 100 * bulk.used, 98),
    atLeast('records per second', bulk.recordsPerSecond, 40),
    atMost('429 counted by the imitation', bulk.refusals, 0),
    atMost('429 seen by the proxy', bulk.answers429, 0),
    atMost('reads: median wait, s', bulk.reads.waitMs.median / 1_000, 0.5),
    atMost('reads that failed', bulk.reads.failures.length, 0),
    ...foreign.flatMap(({ share, ...round }) => [
      atMost(`share ${share} beside a foreign client: our 429 in any minute`, round.most429InAMinute, 1),
      atLeast(`share ${share}: our requests per second`, round.oursPerSecond, 0.5),
      atLeast(`share ${share}: theirs`, round.theirsPerSecond, 0.5),
    ]),
  ];
}

const fixed = (value: number, digits: number) => value.toFixed(digits);

/** Everything as text for people. */
export function gatewayText({ bulk, foreign, loops }: GatewayResults, targets: readonly Target[]): string {
  const { reads } = bulk;
  const parts = [
    tableText(
      [`${bulk.records} records changed, ${PER_BASE} requests/s a base`, 'records/s', '429', 'seconds'],
      [
        [
          'Sagatable, with reads beside it',
          fixed(bulk.recordsPerSecond, 1),
          String(bulk.refusals),
          fixed(bulk.bulkSeconds, 1),
        ],
        ...loops.map((loop) => [
          loop.name,
          fixed(loop.recordsPerSecond, 1),
          String(loop.answers429),
          loop.secondsForAll === null
            ? `none in ${fixed(loop.seconds, 0)}`
            : `${fixed(loop.secondsForAll, 1)}${loop.extrapolated ? ` (from ${fixed(loop.seconds, 0)})` : ''}`,
        ]),
      ],
    ),
    `Sagatable looked at every record before it wrote it; the loops did not. ${bulk.admitted} requests were admitted in the ` +
      `${fixed(bulk.bulkSeconds, 1)} s from the edit's first to its last, ${fixed(bulk.admittedPerSecond, 3)} a second, ` +
      `${bulk.mostInASecond} at most in any second. Before it, the plan took ${fixed(bulk.planSeconds, 1)} s and ` +
      `${bulk.planRequests} requests; from the approval to the end it was ${fixed(bulk.applySeconds, 1)} s.`,
    tableText(
      ['Reads beside the edit', 'reads', 'median', 'p95', 'longest', 'failed'],
      [
        [
          'from question to answer',
          String(reads.waitMs.count),
          `${fixed(reads.waitMs.median, 0)} ms`,
          `${fixed(reads.waitMs.p95, 0)} ms`,
          `${fixed(reads.longestMs, 0)} ms`,
          String(reads.failures.length),
        ],
      ],
    ),
  ];
  if (foreign.length > 0) {
    parts.push(
      tableText(
        [
          `Beside a foreign client, ${FOREIGN_PER_SECOND} requests/s`,
          'ours/s',
          'theirs/s',
          'our 429',
          'theirs',
          'rests',
          'awake',
          'records/s',
        ],
        foreign.map((round) => [
          `share ${round.share}, ${round.seconds} s`,
          fixed(round.oursPerSecond, 2),
          fixed(round.theirsPerSecond, 2),
          String(round.ours429),
          String(round.theirs429),
          String(round.rests),
          `${fixed(round.awakeSeconds, 0)} s`,
          fixed(round.recordsPerSecond, 1),
        ]),
      ),
      'Requests a second are those admitted while the base was not resting after a 429, records a second those of the whole time.',
    );
  }
  return [...parts, targetsText(targets)].join('\n\n');
}
