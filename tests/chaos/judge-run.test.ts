import { judgeRun } from '../../chaos/oracle/judge-run';
import { FAULTS, type Fault } from '../../chaos/proxy/fault-choice';
import type { Story } from '../../chaos/story';
import {
  AFTER_ITEMS,
  BEFORE_ITEMS,
  PLAN,
  PROMISES,
  storyOf,
  told,
  truthOf,
  write,
  WRITES,
} from './chaos-fixture';

const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
const kill = { process: 'worker1', stoppedMs: null, at: 0, midRequest: true } as const;
const committed = (number: number): Story =>
  storyOf(told('applied', 'landed'), { plan: { ...PLAN, number } });
const takenBack: Story = {
  ...storyOf(told('rolled_back', 'undone')),
  base: { ...committed(0).base, id: 'app2' },
};
const truths = new Map([
  ['app1', truthOf(AFTER_ITEMS)],
  ['app2', truthOf(BEFORE_ITEMS)],
]);
const enough = {
  stories: [committed(1), committed(2), takenBack],
  truths,
  kills: [kill],
  faults,
  promises: PROMISES,
};

describe('a run', () => {
  it('is passed when enough happened and nothing was found', () => {
    expect(judgeRun(enough)).toMatchObject({
      reasons: [],
      ended: 3,
      committedShare: 2 / 3,
      takenBackShare: 1 / 3,
    });
  });
  it('is not passed when too little happened', () => {
    const reasons = (more: Partial<typeof enough>) => judgeRun({ ...enough, ...more }).reasons.join();
    expect(reasons({ stories: [takenBack] })).toContain('under 60 %');
    expect(reasons({ stories: [committed(1)] })).toContain('under 20 %');
    expect(reasons({ stories: [] })).toContain('under 60 %');
    expect(judgeRun({ ...enough, kills: [{ ...kill, midRequest: false }] }).reasons.join()).toContain(
      'no kill landed',
    );
  });
  it('is not passed with a finding, a write that no edit accounts for, or more than one edit in need of review', () => {
    const lost = new Map([...truths, ['app1', truthOf(AFTER_ITEMS.slice(1))] as const]);
    expect(judgeRun({ ...enough, truths: lost }).reasons).toEqual(['2 lost']);
    const stray = new Map([
      ...truths,
      ['app1', truthOf(AFTER_ITEMS, [...WRITES, write('update', 'x')])] as const,
    ]);
    expect(judgeRun({ ...enough, truths: stray }).reasons.join()).toContain('no edit names');
    const asked = storyOf(told('needs_review', 'unknown'));
    const [one, two] = [
      judgeRun({ ...enough, stories: [...enough.stories, asked] }),
      judgeRun({ ...enough, stories: [...enough.stories, asked, asked] }),
    ];
    expect(one.reasons.join()).not.toContain('need review');
    expect(two.reasons).toContain('2 edits need review');
  });
});
