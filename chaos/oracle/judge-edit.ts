import type { PlannedChange } from '../plan/shapes';
import type { Story, Told } from '../story';
import type { LoggedWrite } from '../world/log';
import type { ToldChange } from '../world/product';
import type { Finding, FindingKind, ReviewItem } from './findings';
import { judgeChange, type Expected } from './judge-change';
import type { Truth } from './truth';

/** How an edit ended. `taken back`: after it had written something; `nothing done`: before that. */
export type Ending =
  'committed' | 'reverted' | 'taken back' | 'nothing done' | 'needs review' | 'not planned' | 'stuck';

export interface Judgement {
  readonly ending: Ending;
  readonly findings: readonly Finding[];
  readonly review: readonly ReviewItem[];
  /** Records that were there twice on the way and are there once, or not at all, now. */
  readonly mendedTwins: number;
  /** Writes of the product that set out after it had said that the edit was over. */
  readonly afterEnd: number;
}

export interface Promises {
  /** How long after setting out a request may land and still be taken care of (ms). */
  readonly windowMs: number;
  /** How long somebody's change may be there and be written over without being noticed (ms). */
  readonly gapMs: number;
}

/** States of a change that say: a person has to look. */
const OPEN_STATES = ['unknown', 'undo_conflict', 'undo_unknown', 'landed', 'intended', 'undo_intended'];
const DONE_STATES = ['landed', 'unchanged'];
/** What the product says of a record that it does not delete because it could not keep its files. */
const UNKEPT = 'not deleted: ';

/** Compares what an edit promised and what the product tells of it with what was really done. */
export function judgeEdit(story: Story, truth: Truth, promises: Promises): Judgement {
  const findings: Finding[] = [];
  const review: ReviewItem[] = [];
  const { plan, told } = story;
  const writes = writesOf(story, truth);
  const add = (kind: FindingKind, record: string | null, saw: string) => {
    const about = record === null ? writes : writes.filter((write) => nameOf(write, story) === record);
    const beyondWindow = about.some((write) => truth.lateness(write) > promises.windowMs);
    findings.push({ kind, edit: plan.number, editId: story.editId, record, saw, beyondWindow });
  };
  if (story.failure !== null) add('stuck', null, story.failure);
  const ending = endingOf(story, writes);
  const approvedAt = story.approvedAt ?? Infinity;
  for (const write of writes)
    if (truth.setOutAt(write) < approvedAt) add('unapproved', nameOf(write, story), `log entry ${write.seq}`);
  if (told) {
    const counted = Object.values(told.edit.outcome ?? {}).reduce((sum, n) => sum + n, 0);
    if (told.edit.outcome && counted !== told.changes.length)
      add('untrue', null, `the outcome counts ${counted} changes of ${told.changes.length}`);
  }
  for (const change of plan.changes) {
    const row = told && rowOf(told, change, story);
    if (told && !row) {
      add('untrue', change.name, 'the product lists no such change');
      continue;
    }
    const expected = expectationOf(ending, story, change, row ?? null, truth, add, review);
    if (expected === null) continue;
    const verdict = judgeChange(plan, change, expected, truth.named(change.name));
    if (verdict)
      add(verdict.kind, change.name, `${verdict.saw}; told: ${row?.state ?? 'nothing'} ${row?.reason ?? ''}`);
  }
  for (const { record, saw } of overwritten(story, truth, promises)) add('overwritten', record, saw);
  const twins = plan.changes.filter(
    ({ kind, name }) => kind === 'create' && truth.mostAtOnce(name) > 1 && truth.named(name).length <= 1,
  );
  // By their marker two requests for one record are one.
  if (story.base.marked)
    for (const { name } of twins) add('duplicated', name, 'there twice for a while, and marked');
  return {
    ending,
    findings,
    review,
    mendedTwins: twins.length,
    afterEnd: countAfterEnd(story, writes, truth),
  };
}

function endingOf({ told, toldOfRevert, editId, approvedAt }: Story, writes: readonly LoggedWrite[]): Ending {
  if (editId === null) return 'not planned';
  if (approvedAt === null || !told) return 'stuck';
  const states = [told.edit.state, ...(toldOfRevert ? [toldOfRevert.edit.state] : [])];
  if (states.includes('needs_review')) return 'needs review';
  if (told.edit.state === 'applied') return toldOfRevert?.edit.state === 'applied' ? 'reverted' : 'committed';
  if (['rolled_back', 'failed', 'rejected'].includes(told.edit.state))
    return writes.length > 0 ? 'taken back' : 'nothing done';
  return 'stuck';
}

/** Where a change has to be at the end; null where a person has been asked. */
function expectationOf(
  ending: Ending,
  story: Story,
  change: PlannedChange,
  row: ToldChange | null,
  truth: Truth,
  add: (kind: FindingKind, record: string | null, saw: string) => void,
  review: ReviewItem[],
): Expected | null {
  const { number } = story.plan;
  if (ending === 'stuck') {
    add('stuck', change.name, `the edit is ${story.told?.edit.state ?? 'not told of'}`);
    return null;
  }
  if (ending === 'taken back' || ending === 'nothing done' || ending === 'not planned') return 'before';
  if (!row) return null;
  const interfered = wasTouched(story, change, truth);
  if (ending === 'needs review') {
    const undoing = story.toldOfRevert && rowsAbout(story.toldOfRevert, row, change);
    const open = (undoing ?? [row]).find(({ state }) => OPEN_STATES.includes(state));
    if (open) {
      const cause = (story.toldOfRevert ?? story.told)?.operation.error?.message ?? null;
      review.push({ edit: number, record: change.name, state: open.state, reason: open.reason, cause });
      return null;
    }
    return undoing ? null : 'before';
  }
  if (row.state === 'conflict') {
    const files = story.plan.items.find(({ name }) => name === change.name)?.files ?? [];
    const unkept = files.length > 0 && change.kind === 'delete' && row.reason?.startsWith(UNKEPT);
    if (!interfered && !unkept)
      add('untrue', change.name, `told as a conflict, but nobody has touched it: ${row.reason ?? ''}`);
    return 'before';
  }
  if (!DONE_STATES.includes(row.state)) {
    add('half-done', change.name, `the edit is over and the change is ${row.state}: ${row.reason ?? ''}`);
    return null;
  }
  if (ending === 'committed') return 'after';
  // What somebody changed since stays as it is when an edit is reverted.
  return interfered ? null : 'before';
}

function rowOf(told: Told, change: PlannedChange, { base }: Story): ToldChange | undefined {
  const rows = told.changes.filter(({ kind }) => kind === change.kind);
  return change.kind === 'create'
    ? rows.find(({ label }) => label === change.name)
    : rows.find(({ recordId }) => recordId === base.idOf(change.name));
}

/** Rows of a revert that take back what a row of its edit did. */
function rowsAbout(revert: Told, row: ToldChange, { name }: PlannedChange): ToldChange[] {
  return revert.changes.filter(({ recordId, label }) => recordId === row.recordId || label === name);
}

function wasTouched({ base }: Story, change: PlannedChange, truth: Truth): boolean {
  if (change.kind === 'create') return false;
  return truth.writesTo(base.idOf(change.name)).some(isHumanChange);
}

/** Not those by which the records of the run were made, nor their files. */
const isHumanChange = ({ by, kind, cells }: LoggedWrite) =>
  by === 'human' && kind === 'update' && cells.Value !== undefined;

/** The product's writes to records of this edit. */
function writesOf(story: Story, truth: Truth): LoggedWrite[] {
  const { plan, base } = story;
  const ids = new Set([
    ...plan.items.map(({ name }) => base.idOf(name)),
    ...[...plan.items, ...plan.changes].flatMap(({ name }) => truth.createdAs(name)),
  ]);
  return [...ids]
    .flatMap((id) => truth.writesTo(id).filter(({ by }) => by === 'product'))
    .toSorted((a, b) => a.seq - b.seq);
}

function nameOf(write: LoggedWrite, { base, plan }: Story): string {
  return write.name ?? base.nameOf(write.recordId) ?? `e${plan.number}: ${write.recordId}`;
}

/** Somebody's words that the product wrote over although they had been there long enough to be read. */
function overwritten(
  { plan, base }: Story,
  truth: Truth,
  { gapMs }: Promises,
): Array<{ record: string; saw: string }> {
  if (plan.policy === 'overwrite' || (plan.policy === 'ask' && plan.decision === 'overwrite')) return [];
  return plan.items.flatMap(({ name }) => {
    const writes = truth.writesTo(base.idOf(name)).filter(({ cells }) => cells.Value !== undefined);
    return writes.flatMap((write, index) => {
      const next = writes[index + 1];
      if (!isHumanChange(write) || next?.by !== 'product' || next.cells.Value === write.cells.Value)
        return [];
      const thereMs = truth.setOutAt(next) - write.at;
      return thereMs > gapMs
        ? [
            {
              record: name,
              saw: `${write.cells.Value ?? ''} was there for ${thereMs} ms before it was overwritten`,
            },
          ]
        : [];
    });
  });
}

function countAfterEnd(
  { told, toldOfRevert, revert }: Story,
  writes: readonly LoggedWrite[],
  truth: Truth,
): number {
  const end = Date.parse(told?.operation.finishedAt ?? '');
  const begin = revert?.approvedAt ?? Infinity;
  const last = Date.parse(toldOfRevert?.operation.finishedAt ?? '');
  return writes.filter((write) => {
    const at = truth.setOutAt(write);
    return (at > end && at < begin) || at > last;
  }).length;
}
