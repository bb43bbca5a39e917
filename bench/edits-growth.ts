import { readRuns } from './edits-history';
import { fillBase, proposeAll, type EditScene, type FilledBase } from './edits-scene';
import { measureUsage, type Usage } from './edits-usage';
import { startWorker, workSince, type MeasuredWorker, type Work } from './edits-worker';

/** Carried out by every worker before what is measured: code and caches come into memory with it. */
const WARM_UP = 1_000;

export interface GrowthStep {
  readonly changes: number;
  readonly planSeconds: number;
  readonly applySeconds: number;
  /** Events in the history of each run, the newest first. */
  readonly runs: readonly number[];
  readonly planUsage: Usage;
  readonly applyUsage: Usage;
  /** From the approval to the end. */
  readonly work: Work;
}

async function withWorker<T>(
  scene: EditScene,
  warmUp: FilledBase,
  act: (worker: MeasuredWorker) => Promise<T>,
): Promise<T> {
  const worker = await startWorker(scene.worker);
  try {
    const { product } = scene;
    await product.ended(await product.approve(await proposeAll(scene, warmUp)));
    return await act(worker);
  } finally {
    await worker.stop();
  }
}

/**
 * Edits of growing size, each of all records of a base of its own. One worker plans them all and another applies them, so
 * that what planning leaves behind in memory is not taken for what applying needs; growing, no edit meets with what a larger
 * one left behind.
 */
export async function measureGrowth(
  scene: EditScene,
  sizes: readonly number[],
  report: (what: string) => void,
): Promise<GrowthStep[]> {
  if (sizes.length === 0) return [];
  const warmUp = await fillBase(scene, WARM_UP);
  const planned = await withWorker(scene, warmUp, (worker) =>
    oneByOne(sizes, async (changes) => {
      report(`planning ${changes} changes`);
      return { changes, ...(await plan(scene, changes, worker)) };
    }),
  );
  return withWorker(scene, warmUp, (worker) =>
    oneByOne(planned, async ({ edit, ...step }) => {
      report(`applying ${step.changes} changes`);
      return { ...step, ...(await apply(scene, edit, step.changes, worker)) };
    }),
  );
}

async function oneByOne<A, B>(all: readonly A[], act: (one: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const one of all) results.push(await act(one));
  return results;
}

type Edit = Awaited<ReturnType<typeof proposeAll>>;

async function plan(scene: EditScene, changes: number, { pid }: MeasuredWorker) {
  const base = await fillBase(scene, changes);
  const asked = performance.now();
  const { result: edit, usage: planUsage } = await measureUsage(scene, pid, () => proposeAll(scene, base));
  return { edit, planUsage, planSeconds: (performance.now() - asked) / 1_000 };
}

async function apply(scene: EditScene, edit: Edit, changes: number, worker: MeasuredWorker) {
  const { product, temporal } = scene;
  const before = await worker.work();
  const { result, usage: applyUsage } = await measureUsage(scene, worker.pid, async () => {
    const operationId = await product.approve(edit);
    return { operationId, ...(await product.ended(operationId)) };
  });
  if (result.landed !== changes) throw new Error(`only ${result.landed} of ${changes} were changed`);
  const { workflowId } = await product.operation(result.operationId);
  return {
    applySeconds: result.seconds,
    applyUsage,
    work: workSince(await worker.work(), before),
    runs: await readRuns(temporal, workflowId),
  };
}
