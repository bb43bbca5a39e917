import { setTimeout as sleep } from 'node:timers/promises';
import Airtable from 'airtable';
import type { LimitedBase } from './airtable-side';
import { isRefusal } from './arrivals';
import type { Scene } from './gateway-scene';

const BATCH = 10;

export interface LoopResult {
  readonly name: string;
  readonly updated: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly answers429: number;
  /** For all records; `extrapolated` where the time given was over before. */
  readonly secondsForAll: number | null;
  readonly extrapolated: boolean;
}

type Update = (ids: readonly string[]) => Promise<void>;

/** One request after the other, as most scripts are written. */
async function oneByOne(batches: readonly (readonly string[])[], update: Update): Promise<void> {
  for (const batch of batches) await update(batch);
}

/** All at once. */
async function allAtOnce(batches: readonly (readonly string[])[], update: Update): Promise<void> {
  await Promise.all(batches.map(update));
}

/**
 * Changes the same number of records with the `airtable` package, ten a request, with its own repeats after a 429: one
 * request after the other, and, on another user's base at the same time, all at once. Each has its own 5 requests/s. What is
 * not done after `seconds` is extrapolated. The package cannot be stopped in its waits: the process has to be ended.
 */
export async function measureLoops(scene: Scene, records: number, seconds: number): Promise<LoopResult[]> {
  const ways = [
    { name: 'airtable package, one by one', run: oneByOne },
    { name: 'airtable package, all at once', run: allAtOnce },
  ];
  return Promise.all(
    ways.map(async ({ name, run }): Promise<LoopResult> => {
      const customer = await scene.side.addCustomer();
      const base = await scene.side.addBase(customer, records);
      const took = await race(scene.airtable.url, customer.token, base, run, seconds);
      const finished = took.updated === records;
      return {
        name,
        ...took,
        recordsPerSecond: took.updated / took.seconds,
        answers429: (await scene.arrivalsOf(base)).filter(isRefusal).length,
        secondsForAll: took.updated === 0 ? null : (took.seconds * records) / took.updated,
        extrapolated: !finished,
      };
    }),
  );
}

async function race(
  endpointUrl: string,
  apiKey: string,
  base: LimitedBase,
  run: typeof oneByOne,
  seconds: number,
): Promise<Pick<LoopResult, 'updated' | 'seconds'>> {
  const table = new Airtable({ apiKey, endpointUrl }).base(base.baseId)(base.tableId);
  const batches: string[][] = [];
  for (let i = 0; i < base.recordIds.length; i += BATCH) batches.push(base.recordIds.slice(i, i + BATCH));
  let updated = 0;
  let over = false;
  const update: Update = async (ids) => {
    if (over) return;
    await table.update(ids.map((id) => ({ id, fields: { Votes: 4_000_000 } })));
    if (!over) updated += ids.length;
  };
  const begun = performance.now();
  const limit = new AbortController();
  await Promise.race([
    run(batches, update),
    sleep(seconds * 1_000, undefined, { signal: limit.signal }).catch(() => undefined),
  ]);
  over = true;
  limit.abort();
  return { updated, seconds: (performance.now() - begun) / 1_000 };
}
