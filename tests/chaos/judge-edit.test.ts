import { judgeEdit } from '../../chaos/oracle/judge-edit';
import type { Story } from '../../chaos/story';
import type { Truth } from '../../chaos/oracle/truth';
import {
  AFTER_ITEMS,
  APPROVED_AT,
  BEFORE_ITEMS,
  ENDED_AT,
  item,
  PLAN,
  PROMISES,
  requestAt,
} from './chaos-fixture';
import { storyOf, told, truthOf, write, WRITES } from './chaos-fixture';

const judge = (story: Story, truth: Truth) => judgeEdit(story, truth, PROMISES);
const findings = (story: Story, truth: Truth) =>
  judge(story, truth).findings.map(({ kind, record }) => `${kind}: ${record ?? 'edit'}`);
const applied = storyOf(told('applied', 'landed'));
const rolledBack = storyOf(told('rolled_back', 'undone'));
const without = (name: string) => AFTER_ITEMS.filter((found) => found.name !== name);

describe('an edit that the product calls applied', () => {
  it('is committed where each change is there once', () => {
    expect(judge(applied, truthOf(AFTER_ITEMS))).toMatchObject({
      ending: 'committed',
      findings: [],
      review: [],
    });
  });
  it('has lost what is not there', () => {
    expect(findings(applied, truthOf(without('e1.c1')))).toEqual(['lost: e1.c1']);
    expect(findings(applied, truthOf(without('e1.r0')))).toEqual(['lost: e1.r0']);
    const undeleted = BEFORE_ITEMS.filter(({ name }) => name === 'e1.r1');
    expect(findings(applied, truthOf([...AFTER_ITEMS, ...undeleted]))).toEqual(['lost: e1.r1']);
    const unchanged = BEFORE_ITEMS.filter(({ name }) => name === 'e1.r0');
    expect(findings(applied, truthOf([...without('e1.r0'), ...unchanged]))).toEqual(['lost: e1.r0']);
  });
  it('has duplicated what is there twice', () => {
    const twin = item('e1.c1', { Value: 'e1.c1.new', Stage: 'Cut' }, 'rec twin');
    expect(findings(applied, truthOf([...AFTER_ITEMS, twin]))).toEqual(['duplicated: e1.c1']);
  });
  it('may have had twins that are mended, but where a marker makes one of them', () => {
    const [first, ...rest] = WRITES;
    if (!first) throw new RangeError('there is no first write');
    const gone = { recordId: 'rec twin' };
    const log = [first, { ...first, ...gone }, write('delete', 'e1.c1', gone), ...rest];
    expect(judge(applied, truthOf(AFTER_ITEMS, log))).toMatchObject({ findings: [], mendedTwins: 1 });
    const marked = storyOf(told('applied', 'landed'), { base: { ...applied.base, marked: true } });
    expect(findings(marked, truthOf(AFTER_ITEMS, log))).toEqual(['duplicated: e1.c1']);
  });
  it('is half-done where a record holds some of its cells, or a change was never settled', () => {
    const half = item('e1.r0', { ...BEFORE_ITEMS[0]?.cells, Value: 'e1.r0.is' });
    expect(findings(applied, truthOf([...without('e1.r0'), half]))).toEqual(['half-done: e1.r0']);
    const unsettled = storyOf(told('applied', { 'e1.r0': 'intended' }));
    expect(findings(unsettled, truthOf(AFTER_ITEMS))).toEqual(['half-done: e1.r0']);
  });
  it('may leave what somebody changed, and only that', () => {
    const skipped = storyOf(told('applied', { 'e1.r0': 'conflict' }));
    const theirs = item('e1.r0', { ...BEFORE_ITEMS[0]?.cells, Value: 'e1.h0' });
    const human = write('update', 'e1.r0', { by: 'human', at: APPROVED_AT - 10, cells: { Value: 'e1.h0' } });
    const rest = WRITES.filter(({ recordId }) => recordId !== 'rec e1.r0');
    expect(findings(skipped, truthOf([...without('e1.r0'), theirs], [human, ...rest]))).toEqual([]);
    const nobody = [...without('e1.r0'), ...BEFORE_ITEMS.slice(0, 1)];
    expect(findings(skipped, truthOf(nobody, rest))).toEqual(['untrue: e1.r0']);
  });
  it('must not write over what somebody had changed long enough before', () => {
    const wrote = (ago: number) =>
      write('update', 'e1.r0', {
        by: 'human',
        at: APPROVED_AT + 10 - ago,
        cells: { Value: 'e1.h0' },
        seq: 0,
      });
    expect(findings(applied, truthOf(AFTER_ITEMS, [wrote(14_000), ...WRITES]))).toEqual([
      'overwritten: e1.r0',
    ]);
    expect(findings(applied, truthOf(AFTER_ITEMS, [wrote(2_000), ...WRITES]))).toEqual([]);
  });
});

describe('an edit that the product calls rolled back', () => {
  it('is taken back where everything is as before, deleted records under whatever id', () => {
    const again = BEFORE_ITEMS.map((found) => (found.name === 'e1.r1' ? { ...found, id: 'rec new' } : found));
    expect(judge(rolledBack, truthOf(again))).toMatchObject({ ending: 'taken back', findings: [] });
    expect(judge(rolledBack, truthOf(BEFORE_ITEMS, []))).toMatchObject({
      ending: 'nothing done',
      findings: [],
    });
  });
  it('has left over what is still there, and lost what did not come back', () => {
    expect(findings(rolledBack, truthOf(AFTER_ITEMS)).sort()).toEqual([
      'left over: e1.c1',
      'left over: e1.r0',
      'lost: e1.r1',
    ]);
  });
  it('has duplicated a deleted record that came back twice', () => {
    const twice = [...BEFORE_ITEMS, item('e1.r1', BEFORE_ITEMS[1]?.cells ?? {}, 'rec twin')];
    expect(findings(rolledBack, truthOf(twice))).toEqual(['duplicated: e1.r1']);
  });
  it('is told apart where what is left over landed after the settle window', () => {
    const late = write('create', 'e1.c1', { at: APPROVED_AT + 20_000, request: 0 });
    const truth = truthOf([...BEFORE_ITEMS, ...without('e1.r0')], [late], [requestAt(APPROVED_AT + 1_000)]);
    expect(judge(rolledBack, truth).findings).toMatchObject([{ kind: 'left over', beyondWindow: true }]);
    const early = truthOf([...BEFORE_ITEMS, ...without('e1.r0')], [late], [requestAt(APPROVED_AT + 15_000)]);
    expect(judge(rolledBack, early).findings).toMatchObject([{ kind: 'left over', beyondWindow: false }]);
  });
});

describe('the files of a record', () => {
  const [first, deleted] = BEFORE_ITEMS;
  const withFiles = (files: readonly string[]) =>
    truthOf([...(first ? [first] : []), ...(deleted ? [{ ...deleted, id: 'rec new', files }] : [])]);
  const files = deleted?.files ?? [];

  it('are back with the record, each once and with its bytes', () => {
    expect(findings(rolledBack, withFiles(files))).toEqual([]);
    expect(findings(rolledBack, withFiles([]))).toEqual(['lost: e1.r1']);
    expect(findings(rolledBack, withFiles(['e1.r1.f0.txt (1 bytes, 00)']))).toEqual(['lost: e1.r1']);
    expect(findings(rolledBack, withFiles([...files, ...files]))).toEqual(['duplicated: e1.r1']);
    expect(findings(rolledBack, withFiles([...files, 'other.txt (1 bytes, 00)']))).toEqual([
      'half-done: e1.r1',
    ]);
  });
  it('that could not be kept are a reason to leave the record there', () => {
    const kept = told('applied', { 'e1.r1': 'conflict' });
    const story = (reason: string) =>
      storyOf({
        ...kept,
        changes: kept.changes.map((row) => (row.state === 'conflict' ? { ...row, reason } : row)),
      });
    const there = truthOf([...AFTER_ITEMS, ...BEFORE_ITEMS.slice(1)], WRITES.slice(0, 2));
    expect(findings(story('not deleted: its attachment could not be kept'), there)).toEqual([]);
    expect(findings(story('somebody changed it'), there)).toEqual(['untrue: e1.r1']);
  });
});

describe('any edit', () => {
  it('must not write before it was approved, and is told apart where it writes after its end', () => {
    const early = WRITES.map((one) => ({ ...one, at: APPROVED_AT - 1 }));
    expect(findings(applied, truthOf(AFTER_ITEMS, early))).toEqual(
      PLAN.changes.map(({ name }) => `unapproved: ${name}`),
    );
    const after = WRITES.map((one) => ({ ...one, at: ENDED_AT + 1 }));
    expect(judge(applied, truthOf(AFTER_ITEMS, after)).afterEnd).toBe(3);
  });
  it('is reverted where it was applied and its revert too', () => {
    const reverted = storyOf(told('applied', 'landed'), { toldOfRevert: told('applied', 'landed') });
    expect(judge(reverted, truthOf(BEFORE_ITEMS))).toMatchObject({ ending: 'reverted', findings: [] });
    expect(findings(reverted, truthOf(AFTER_ITEMS))).toContain('left over: e1.c1');
  });
  it('that needs review hands over what is open, and has to be right about the rest', () => {
    const asked = storyOf(told('needs_review', { 'e1.c1': 'unknown', 'e1.r0': 'undone', 'e1.r1': 'undone' }));
    const twins = [...BEFORE_ITEMS, ...without('e1.r0'), item('e1.c1', {}, 'rec twin')];
    expect(judge(asked, truthOf(twins))).toMatchObject({
      ending: 'needs review',
      findings: [],
      review: [{ record: 'e1.c1', state: 'unknown', reason: 'because' }],
    });
    expect(findings(asked, truthOf(AFTER_ITEMS)).sort()).toEqual(['left over: e1.r0', 'lost: e1.r1']);
  });
  it('is stuck where it has not ended', () => {
    const running = storyOf(told('applying', 'landed'), { failure: 'it did not end in time' });
    expect(findings(running, truthOf(AFTER_ITEMS))).toEqual([
      'stuck: edit',
      ...PLAN.changes.map(({ name }) => `stuck: ${name}`),
    ]);
  });
  it('whose counts do not add up is untrue', () => {
    const wrong = told('applied', 'landed');
    const story = storyOf({ ...wrong, edit: { ...wrong.edit, outcome: { landed: 2 } } });
    expect(findings(story, truthOf(AFTER_ITEMS))).toEqual(['untrue: edit']);
  });
});
