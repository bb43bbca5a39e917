import type { GrowthStep } from './edits-growth';
import type { RoundsResult } from './edits-rounds';
import type { Usage } from './edits-usage';
import type { Work } from './edits-worker';
import { drawPlot } from './plot';
import { atLeast, atMost, tableText, targetsText, type Target } from './report';
import { quantile } from './statistics';

/** Most events in the history of one run. */
const MOST_EVENTS = 4_000;
/** From here on an edit is large enough that its beginning and end do not count. */
const MEASURED_FROM = 1_000;

export interface EditResults {
  readonly rounds: RoundsResult | null;
  readonly growth: readonly GrowthStep[];
}

const planMs = ({ planSeconds, changes }: GrowthStep) => (1_000 * planSeconds) / changes;
const applyMs = ({ applySeconds, changes }: GrowthStep) => (1_000 * applySeconds) / changes;
const wholeMs = (step: GrowthStep) => planMs(step) + applyMs(step);
const mostEvents = ({ runs }: GrowthStep) => Math.max(...runs);

/** Of the time that transactions, requests and waits for turns took together, how much each had. */
function sharesOf({ intend, settle, fence, read, look, send, waiting }: Work) {
  const parts = {
    intend: intend.seconds,
    settle: settle.seconds,
    fence: fence.seconds,
    read: read.seconds,
    look: look.seconds,
    send: send.seconds,
    waiting,
  };
  const sum = Object.values(parts).reduce((a, b) => a + b, 0);
  const share = (seconds: number) => (sum === 0 ? 0 : seconds / sum);
  const { intend: i, settle: s, fence: f, read: r } = parts;
  return {
    journal: share(i + s + f + r),
    intend: share(i),
    settle: share(s),
    fence: share(f),
    read: share(r),
    look: share(parts.look),
    send: share(parts.send),
    waiting: share(waiting),
  };
}

/** The targets with their values. */
export function judgeEdits({ rounds, growth }: EditResults): Target[] {
  const targets = rounds ? [atLeast('an edit beside a plain loop, ratio', rounds.ratio, 0.5)] : [];
  const small = growth.find(({ changes }) => changes >= MEASURED_FROM);
  const large = growth.at(-1);
  if (!small || !large || small === large) return targets;
  const sizes = `${large.changes} changes beside ${small.changes}`;
  const peak = (usage: Usage) => usage.memory.worker.peak;
  return [
    ...targets,
    atMost(`${sizes}: time per change, ratio`, wholeMs(large) / wholeMs(small), 1.5),
    atMost(`${sizes}: the worker's peak memory, ratio`, peak(large.applyUsage) / peak(small.applyUsage), 1.3),
    atMost('events in the history of a run', Math.max(...growth.map(mostEvents)), MOST_EVENTS),
  ];
}

const fixed = (value: number, digits: number) => value.toFixed(digits);
const percent = (share: number) => `${fixed(100 * share, 0)} %`;
/** Processor seconds per 1,000 records. */
const perThousand = (seconds: number | null, records: number) =>
  seconds === null ? '?' : fixed((1_000 * seconds) / records, 2);

function roundsText({ records, rounds, loopRate, editRate, ratio, ratioWithPlan }: RoundsResult): string {
  const median = (of: (round: RoundsResult['rounds'][number]) => number) => quantile(rounds.map(of), 0.5);
  const share = (part: keyof ReturnType<typeof sharesOf>) =>
    percent(median(({ work }) => sharesOf(work)[part]));
  const cpu = (part: keyof Usage['cpu']) =>
    perThousand(
      rounds.some(({ usage }) => usage.cpu[part] === null)
        ? null
        : median(({ usage }) => usage.cpu[part] ?? 0),
      records,
    );
  const open = percent(median(({ work, applySeconds }) => work.journal.busy / applySeconds));
  return [
    tableText(
      [`${records} records, ${rounds.length} rounds`, 'records/s'],
      [
        ['plain loop, 10 a request', fixed(loopRate, 0)],
        ['edit, from its approval', fixed(editRate, 0)],
        [
          `ratio (rounds: ${rounds.map((r) => fixed(r.loopSeconds / r.applySeconds, 2)).join(' ')})`,
          fixed(ratio, 2),
        ],
        ['ratio with the plan', fixed(ratioWithPlan, 2)],
      ],
    ),
    tableText(
      ['Where the edit’s time goes', 'share'],
      [
        ['journal', share('journal')],
        ['  marking as intended', share('intend')],
        ['  settling, with the audit trail', share('settle')],
        ['  proving the lease before a request', share('fence')],
        ['  reading what comes next', share('read')],
        ['looking at records', share('look')],
        ['sending', share('send')],
        ['waiting for a turn', share('waiting')],
      ],
    ),
    `A transaction of the journal was open for ${open} of the time from approval to end.`,
    tableText(
      ['Processor seconds per 1,000 records', 'worker', 'API', 'PostgreSQL'],
      [['applying', cpu('worker'), cpu('api'), cpu('postgres')]],
    ),
  ].join('\n\n');
}

function growthText(growth: readonly GrowthStep[]): string {
  return [
    tableText(
      [
        'Changes',
        'plan s',
        'ms/change',
        'apply s',
        'ms/change',
        'runs',
        'most events',
        'CPU s/1000: worker',
        'API',
        'PostgreSQL',
      ],
      growth.map((step) => [
        String(step.changes),
        fixed(step.planSeconds, 1),
        fixed(planMs(step), 2),
        fixed(step.applySeconds, 1),
        fixed(applyMs(step), 2),
        String(step.runs.length),
        String(mostEvents(step)),
        perThousand(step.applyUsage.cpu.worker, step.changes),
        perThousand(step.applyUsage.cpu.api, step.changes),
        perThousand(step.applyUsage.cpu.postgres, step.changes),
      ]),
    ),
    tableText(
      ['Peak memory, MB', 'worker planning', 'applying', 'API planning', 'applying'],
      growth.map(({ changes, planUsage, applyUsage }) => [
        String(changes),
        fixed(planUsage.memory.worker.peak, 0),
        fixed(applyUsage.memory.worker.peak, 0),
        fixed(planUsage.memory.api.peak, 0),
        fixed(applyUsage.memory.api.peak, 0),
      ]),
    ),
  ].join('\n\n');
}

/** Everything as text for people. */
export function editsText({ rounds, growth }: EditResults, targets: readonly Target[]): string {
  const parts = [
    ...(rounds ? [roundsText(rounds)] : []),
    ...(growth.length > 0 ? [growthText(growth)] : []),
    targetsText(targets),
  ];
  return parts.join('\n\n');
}

/** What grows with an edit, as a picture. */
export function plotGrowth(growth: readonly GrowthStep[]): string {
  const series = (name: string, of: (step: GrowthStep) => number) => ({
    name,
    points: growth.map((step) => [step.changes, of(step)] as const),
  });
  const peak = (usage: Usage, of: keyof Usage['memory']) => usage.memory[of].peak;
  return drawPlot('Edits of growing size', 'changes in the edit (logarithmic)', [
    { yLabel: 'time per change, ms', series: [series('planning', planMs), series('applying', applyMs)] },
    {
      yLabel: 'peak resident memory, MB',
      series: [
        series('worker, applying', (step) => peak(step.applyUsage, 'worker')),
        series('worker, planning', (step) => peak(step.planUsage, 'worker')),
        series('API, applying', (step) => peak(step.applyUsage, 'api')),
        series('API, planning', (step) => peak(step.planUsage, 'api')),
      ],
    },
    {
      yLabel: 'most events in a run’s history',
      series: [series('events', mostEvents)],
      bound: { y: MOST_EVENTS, name: 'bound' },
    },
  ]);
}
