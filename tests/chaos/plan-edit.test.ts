import fc from 'fast-check';
import { describeFile, fileOf } from '../../chaos/plan/files';
import { planEdit } from '../../chaos/plan/plan-edit';

const plans = Array.from({ length: 600 }, (_, number) => planEdit(7, number));

describe('the edits of a run', () => {
  it('are the same for the same seed, and others for another', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(10_000), (seed, number) => {
        expect(planEdit(seed, number)).toEqual(planEdit(seed, number));
      }),
    );
    expect(planEdit(1, 0)).not.toEqual(planEdit(2, 0));
  });

  it('share no record and no value, so that whatever is found belongs to one change of one edit', () => {
    const names = plans.flatMap(({ items, changes }) => [
      ...items.map(({ name }) => name),
      ...changes.filter(({ kind }) => kind === 'create').map(({ name }) => name),
    ]);
    expect(new Set(names).size).toBe(names.length);
    const values = plans.flatMap(({ items, changes, humans }) => [
      ...items.map(({ cells }) => cells.Value),
      ...changes.flatMap((change) => (change.kind === 'delete' ? [] : [change.cells.Value])),
      ...humans.map(({ value }) => value),
    ]);
    const unique = values.filter((value) => value !== undefined && value.length < 1_000);
    expect(new Set(unique).size).toBe(unique.length);
  });

  it('delete records with files among others, whose names and bytes are in no other record', () => {
    const files = plans.flatMap(({ items }) => items.flatMap((one) => one.files));
    expect(new Set(files.map((name) => describeFile(name, fileOf(name)))).size).toBe(files.length);
    const doomed = plans.flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'delete'));
    const names = new Set(doomed.map(({ name }) => name));
    const withFiles = plans.flatMap(({ items }) =>
      items.filter((one) => names.has(one.name) && one.files.length > 0),
    );
    expect(withFiles.length).toBeGreaterThan(names.size / 4);
  });

  it('change or delete only records that are there, each once', () => {
    for (const { items, changes } of plans) {
      const changed = changes.filter(({ kind }) => kind !== 'create').map(({ name }) => name);
      expect(new Set(changed).size).toBe(changed.length);
      expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(changed));
    }
  });

  it('are made to fail one in three times, in every way there is', () => {
    const count = (fate: string) => plans.filter((plan) => plan.fate === fate).length;
    const failing = ['refused-link', 'refused-text', 'stop', 'cancel'].map(count);
    expect(Math.min(...failing)).toBeGreaterThan(15);
    expect(failing.reduce((sum, n) => sum + n, 0)).toBe(plans.length / 3);
  });

  it('that are to be refused are so by their last update, after much of them was written', () => {
    for (const { fate, changes, doomedTarget } of plans) {
      const last = changes.at(-1);
      const cells = last?.kind === 'update' ? last.cells : {};
      expect(fate === 'refused-link').toBe(doomedTarget !== null);
      if (fate === 'refused-link') expect(cells).toEqual({ Targets: [doomedTarget] });
      if (fate === 'refused-text') expect(cells.Value).toHaveLength(100_001);
    }
  });
});
