import { isEnough } from '../../chaos/enough';
import type { Story } from '../../chaos/story';
import { storyOf, told } from './chaos-fixture';

const stories = (count: number, more: Partial<Story>): Story[] =>
  Array.from({ length: count }, () => storyOf(told('applied', 'landed'), more));
const committed = stories(20, { ended: 'done' });
const takenBack = stories(10, { ended: 'rolled_back', undone: true });
const kill = { process: 'worker1', stoppedMs: null, at: 0, midRequest: true } as const;
const wanted = { edits: 10_000, kills: 15 };

describe('what has happened in a run', () => {
  it('is enough with as many edits of each kind as the judge wants, and a kill in the middle of a request', () => {
    expect(isEnough([...committed, ...takenBack], [kill], wanted)).toBe(true);
  });
  it('is too little while few edits have ended, or too few of one kind', () => {
    expect(isEnough([...committed.slice(0, 8), ...takenBack.slice(0, 5)], [kill], wanted)).toBe(false);
    expect(isEnough(stories(30, { ended: 'done' }), [kill], wanted)).toBe(false);
    expect(isEnough([...takenBack, ...takenBack, ...takenBack], [kill], wanted)).toBe(false);
    expect(isEnough(stories(30, { over: false, ended: null }), [kill], wanted)).toBe(false);
  });
  it('is too little without a kill in the middle of a request, where kills were asked for', () => {
    const edits = [...committed, ...takenBack];
    expect(isEnough(edits, [{ ...kill, midRequest: false }], wanted)).toBe(false);
    expect(isEnough(edits, [], { ...wanted, kills: 0 })).toBe(true);
  });
  it('is enough when all edits that were asked for have ended', () => {
    expect(
      isEnough([...committed.slice(0, 2), ...takenBack.slice(0, 1)], [kill], { edits: 3, kills: 1 }),
    ).toBe(true);
  });
});
