import type { Kill } from '../kills';
import type { Fault } from '../proxy/fault-choice';
import type { Story } from '../story';
import { FINDING_KINDS, type Finding, type FindingKind, type ReviewItem } from './findings';
import { judgeEdit, type Ending, type Judgement, type Promises } from './judge-edit';
import type { Truth } from './truth';

/** Less than this and too little was tried to say anything. Shares of the edits that ended. */
export const LEAST_COMMITTED = 0.6;
export const LEAST_TAKEN_BACK = 0.2;
/** Edits in need of review, of those that ended; a short run may have one. */
const MOST_IN_REVIEW = 0.001;

/** What landed later than this after setting out was held up on its way. */
const LATE_MS = 1_000;

export interface RunJudgement {
  readonly edits: number;
  readonly endings: Readonly<Record<Ending, number>>;
  readonly ended: number;
  readonly committedShare: number;
  readonly takenBackShare: number;
  /** Of these, what failed or was cancelled and was undone for it. */
  readonly compensatedShare: number;
  readonly changes: number;
  readonly kills: number;
  readonly stops: number;
  readonly midRequest: number;
  readonly counts: Readonly<Record<FindingKind, number>>;
  /** Findings that a landing later than the settle window explains; not among the counts. */
  readonly beyondWindow: readonly Finding[];
  readonly findings: readonly Finding[];
  readonly review: readonly ReviewItem[];
  readonly mendedTwins: number;
  readonly afterEnd: number;
  /** Files of deleted records that are there again, on the records that stand for these. */
  readonly filesBack: number;
  /** Writes of the product to records that no edit names. */
  readonly strays: number;
  readonly faults: Readonly<Record<Fault, number>>;
  /** Requests that landed late, and those later than the settle window. */
  readonly late: number;
  readonly veryLate: number;
  /** Why it is not passed; empty when it is. */
  readonly reasons: readonly string[];
}

export interface RunFacts {
  readonly stories: readonly Story[];
  /** By the id of the base. */
  readonly truths: ReadonlyMap<string, Truth>;
  readonly kills: readonly Kill[];
  readonly faults: Readonly<Record<Fault, number>>;
  readonly promises: Promises;
}

/** Judges each edit and the run as a whole, which is only passed when enough has happened in it. */
export function judgeRun({ stories, truths, kills, faults, promises }: RunFacts): RunJudgement {
  const judged = stories.map((story) => {
    const truth = truths.get(story.base.id);
    if (!truth) throw new Error(`nothing is known of the base ${story.base.id}`);
    return judgeEdit(story, truth, promises);
  });
  const endings = countEndings(judged);
  const all = judged.flatMap(({ findings }) => findings);
  const [findings, beyondWindow] = [all.filter((f) => !f.beyondWindow), all.filter((f) => f.beyondWindow)];
  const counts = Object.fromEntries(
    FINDING_KINDS.map((kind) => [kind, findings.filter((finding) => finding.kind === kind).length]),
  ) as Record<FindingKind, number>;
  const { 'not planned': unplanned, stuck } = endings;
  const ended = stories.length - unplanned - stuck;
  const committedShare = ended === 0 ? 0 : (endings.committed + endings.reverted) / ended;
  const takenBackShare = ended === 0 ? 0 : (endings['taken back'] + endings.reverted) / ended;
  const compensatedShare = ended === 0 ? 0 : endings['taken back'] / ended;
  const writes = [...truths.values()].flatMap((truth) => truth.ofProduct.map((w) => truth.lateness(w)));
  const strays = countStrays(stories, truths);
  const summary = {
    edits: stories.length,
    endings,
    ended,
    committedShare,
    takenBackShare,
    compensatedShare,
    changes: stories.reduce((sum, { plan }) => sum + plan.changes.length, 0),
    kills: kills.filter(({ stoppedMs }) => stoppedMs === null).length,
    stops: kills.filter(({ stoppedMs }) => stoppedMs !== null).length,
    midRequest: kills.filter(({ midRequest }) => midRequest).length,
    counts,
    beyondWindow,
    findings,
    review: judged.flatMap(({ review }) => review),
    mendedTwins: judged.reduce((sum, one) => sum + one.mendedTwins, 0),
    afterEnd: judged.reduce((sum, one) => sum + one.afterEnd, 0),
    filesBack: countFilesBack(stories, truths),
    strays,
    faults,
    late: writes.filter((ms) => ms > LATE_MS).length,
    veryLate: writes.filter((ms) => ms > promises.windowMs).length,
  };
  return { ...summary, reasons: reasonsAgainst(summary) };
}

function reasonsAgainst(run: Omit<RunJudgement, 'reasons'>): string[] {
  const reasons = FINDING_KINDS.filter((kind) => run.counts[kind] > 0).map(
    (kind) => `${run.counts[kind]} ${kind}`,
  );
  if (run.strays > 0) reasons.push(`${run.strays} writes to records that no edit names`);
  const mute = run.review.filter(({ reason }) => reason === null);
  if (mute.length > 0) reasons.push(`${mute.length} changes need review and nothing says why`);
  if (run.endings['needs review'] > Math.max(1, run.ended * MOST_IN_REVIEW))
    reasons.push(`${run.endings['needs review']} edits need review`);
  if (run.committedShare < LEAST_COMMITTED) reasons.push('too little happened: under 60 % were committed');
  if (run.takenBackShare < LEAST_TAKEN_BACK) reasons.push('too little happened: under 20 % were taken back');
  if (run.midRequest === 0) reasons.push('too little happened: no kill landed in the middle of a request');
  return reasons;
}

function countEndings(judged: readonly Judgement[]): Record<Ending, number> {
  const endings: Record<Ending, number> = {
    committed: 0,
    reverted: 0,
    'taken back': 0,
    'nothing done': 0,
    'needs review': 0,
    'not planned': 0,
    stuck: 0,
  };
  for (const { ending } of judged) endings[ending]++;
  return endings;
}

function countFilesBack(stories: readonly Story[], truths: ReadonlyMap<string, Truth>): number {
  let files = 0;
  for (const { plan, base } of stories)
    for (const { name } of plan.items.filter((item) => item.files.length > 0))
      for (const record of truths.get(base.id)?.named(name) ?? [])
        if (record.id !== base.idOf(name)) files += record.files.length;
  return files;
}

function countStrays(stories: readonly Story[], truths: ReadonlyMap<string, Truth>): number {
  const names = new Set(
    stories.flatMap(({ plan }) => [...plan.items, ...plan.changes].map(({ name }) => name)),
  );
  const ids = new Set(stories.flatMap(({ plan, base }) => plan.items.map(({ name }) => base.idOf(name))));
  let strays = 0;
  for (const truth of truths.values()) {
    for (const name of names) for (const id of truth.createdAs(name)) ids.add(id);
    strays += truth.ofProduct.filter(({ recordId }) => !ids.has(recordId)).length;
  }
  return strays;
}
