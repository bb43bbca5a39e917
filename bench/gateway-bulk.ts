import type { AirtableClient } from '../services/airtable/client';
import { isRefusal, mostInASecond, rateOf, spanSeconds, type Arrival } from './arrivals';
import { PER_BASE, type LimitedBase } from './airtable-side';
import type { Scene } from './gateway-scene';
import { startReader, type Reads } from './gateway-reader';

export interface BulkResult {
  readonly records: number;
  /** From the question to the plan, and how many requests it took. */
  readonly planSeconds: number;
  readonly planRequests: number;
  /** From the approval to the end, by the product's own clock. */
  readonly applySeconds: number;
  /** From the first request of the edit to the last: the bulk phase. */
  readonly bulkSeconds: number;
  readonly recordsPerSecond: number;
  /** All requests that the base admitted in the bulk phase, the reads among them. */
  readonly admitted: number;
  readonly admittedPerSecond: number;
  /** Of the base's requests a second. */
  readonly used: number;
  /** By the imitation's own counter, and by the answers that the proxy saw. */
  readonly refusals: number;
  readonly answers429: number;
  /** Within any second, by the proxy's clock. */
  readonly mostInASecond: number;
  readonly reads: Reads;
}

const isRead = ({ method, path }: Arrival) => method === 'GET' && /\/rec\w+$/.test(path);

/**
 * Changes all records of a base by one edit, proposed and approved over REST and carried out by the workers, while somebody
 * reads a record every two seconds or so. The reads go through a gateway of this process, in the lane of what a person waits
 * for: the API has no route that reads a record.
 */
export async function measureBulk(scene: Scene, base: LimitedBase, share: number): Promise<BulkResult> {
  const { side, product, airtable } = scene;
  const connectionId = await product.connect({ ...airtable, share });
  const before = {
    refusals: await side.countRefusals(scene.customer),
    arrivals: await scene.countArrivals(),
  };
  const asked = performance.now();
  const edit = await product.propose({
    connectionId,
    baseId: base.baseId,
    table: base.tableId,
    cells: { Votes: 2_000_000 },
  });
  const planSeconds = (performance.now() - asked) / 1_000;
  const planned = await scene.countArrivals();
  const reader = startReader(await openReader(scene, connectionId), base, scene.seed);
  const operationId = await product.approve(edit);
  const { landed, seconds } = await product.ended(operationId);
  const reads = await reader.stop();
  if (landed !== base.recordIds.length) throw new Error(`only ${landed} records were changed`);

  const arrivals = await scene.arrivalsOf(base, planned);
  const bulk = arrivals.filter((arrival) => !isRead(arrival));
  const [from, to] = [bulk[0]?.at ?? 0, bulk.at(-1)?.at ?? 0];
  const phase = arrivals.filter(({ at }) => at >= from && at <= to);
  const admitted = phase.filter((arrival) => !isRefusal(arrival));
  const admittedPerSecond = rateOf(admitted);
  const bulkSeconds = spanSeconds(bulk);
  return {
    records: landed,
    planSeconds,
    planRequests: (await scene.arrivalsOf(base, before.arrivals)).length - arrivals.length,
    applySeconds: seconds,
    bulkSeconds,
    recordsPerSecond: landed / bulkSeconds,
    admitted: admitted.length,
    admittedPerSecond,
    used: admittedPerSecond / PER_BASE,
    refusals: (await side.countRefusals(scene.customer)) - before.refusals,
    answers429: arrivals.filter(isRefusal).length,
    mostInASecond: mostInASecond(arrivals),
    reads,
  };
}

function openReader({ services, workspaceId }: Scene, connectionId: string): Promise<AirtableClient> {
  return services.gateway.open({ workspaceId, id: connectionId }, 'interactive');
}
