import { createBatches } from '../../../services/operations/batches';

/** Carries out nothing by itself: the test ends each batch. */
function heldBatches() {
  const begun: Array<{ items: readonly string[]; end: () => void; fail: (error: Error) => void }> = [];
  const batches = createBatches<string>(
    (items) => new Promise((end, fail) => begun.push({ items, end, fail })),
  );
  const end = (n: number) => begun[n]?.end();
  const fail = (n: number, error: Error) => begun[n]?.fail(error);
  const begin = async (count: number) => {
    while (begun.length < count) await Promise.resolve();
  };
  return { ...batches, begin, end, fail, items: () => begun.map((batch) => batch.items) };
}

it('carries out at once what comes alone, and together what comes meanwhile', async () => {
  const held = heldBatches();
  const first = held.add('a');
  const rest = Promise.all(['b', 'c', 'd'].map((item) => held.add(item)));
  expect(held.items()).toEqual([['a']]);
  held.end(0);
  await first;
  await held.begin(2);
  const last = held.add('e');
  held.end(1);
  await rest;
  await held.begin(3);
  expect(held.items()).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
  held.end(2);
  await last;
});

it('tells a failure to those of its batch alone, and goes on', async () => {
  const held = heldBatches();
  const first = held.add('a');
  const second = held.add('b');
  held.fail(0, new Error('the first one broke'));
  await expect(first).rejects.toThrow('the first one broke');
  await held.begin(2);
  held.end(1);
  await expect(second).resolves.toBeUndefined();
  const third = held.add('c');
  await held.begin(3);
  held.end(2);
  await expect(third).resolves.toBeUndefined();
  expect(held.items()).toEqual([['a'], ['b'], ['c']]);
});
