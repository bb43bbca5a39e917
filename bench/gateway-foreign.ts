import { setTimeout as sleep } from 'node:timers/promises';
import { LOCK_OUT_MS, type LimitedBase } from './airtable-side';
import { awakeMs, isOurs, isRefusal, mostInAMinute, mostInASecond, restsOf, type Arrival } from './arrivals';
import type { Scene } from './gateway-scene';

/** Requests a second of the foreign client. */
export const FOREIGN_PER_SECOND = 3;
/** More than an edit gets done beside it, so that it does not end before its time. */
const RECORDS_PER_SECOND = 32;

export interface ForeignResult {
  readonly share: number;
  readonly seconds: number;
  /** Rests of the base: times in which it refused everybody, from whoever passed the limit. */
  readonly rests: number;
  readonly awakeSeconds: number;
  /** Requests a second outside rests. */
  readonly oursPerSecond: number;
  readonly theirsPerSecond: number;
  readonly ours429: number;
  readonly theirs429: number;
  /** In any minute of the round, wherever it begins. */
  readonly most429InAMinute: number;
  readonly mostInASecond: number;
  readonly recordsPerSecond: number;
}

/** Asks at even distances, whatever the answers; after a 429 it keeps quiet for as long as Airtable asks for. */
function startForeignClient(airtable: Scene['airtable'], base: LimitedBase): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const url = `${airtable.url}/v0/${base.baseId}/${base.tableId}?pageSize=1&maxRecords=1`;
  const headers = { authorization: `Bearer ${airtable.token}`, 'user-agent': 'foreign' };

  async function ask(): Promise<void> {
    let next = performance.now();
    while (!stopping.signal.aborted) {
      const response = await fetch(url, { headers });
      await response.arrayBuffer();
      next += 1_000 / FOREIGN_PER_SECOND;
      if (response.status === 429) next = performance.now() + LOCK_OUT_MS;
      const waitMs = Math.max(0, next - performance.now());
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  const asking = ask();
  asking.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await asking;
    },
  };
}

/** An edit of ours and a foreign client on the same base for so many seconds; then the edit is paused where it is. */
export async function measureForeign(scene: Scene, share: number, seconds: number): Promise<ForeignResult> {
  const { product, side, customer, airtable } = scene;
  const base = await side.addBase(customer, seconds * RECORDS_PER_SECOND);
  const connectionId = await product.connect({ ...airtable, share });
  const place = { connectionId, baseId: base.baseId, table: base.tableId };
  const edit = await product.propose({ ...place, cells: { Votes: 3_000_000 } });
  const planned = await scene.countArrivals();
  const foreign = startForeignClient(airtable, base);
  const operationId = await product.approve(edit);
  await sleep(seconds * 1_000);
  const { progress } = await product.operation(operationId);
  await foreign.stop();
  const arrivals = await scene.arrivalsOf(base, planned);
  await product.pause(operationId);
  return { share, ...figures(arrivals, seconds), recordsPerSecond: (progress?.done ?? 0) / seconds };
}

function figures(arrivals: readonly Arrival[], seconds: number) {
  const from = arrivals[0]?.at ?? 0;
  const rests = restsOf(arrivals, LOCK_OUT_MS);
  const awakeSeconds = awakeMs(rests, from, from + seconds * 1_000) / 1_000;
  const admitted = arrivals.filter((arrival) => !isRefusal(arrival));
  const ours = admitted.filter(isOurs).length;
  const refused = arrivals.filter(isRefusal);
  const ours429 = refused.filter(isOurs);
  return {
    seconds,
    rests: rests.length,
    awakeSeconds,
    oursPerSecond: ours / awakeSeconds,
    theirsPerSecond: (admitted.length - ours) / awakeSeconds,
    ours429: ours429.length,
    theirs429: refused.length - ours429.length,
    most429InAMinute: mostInAMinute(ours429),
    mostInASecond: mostInASecond(admitted),
  };
}
