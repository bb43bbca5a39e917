import { runLoop } from './edits-loop';
import { fillBase, proposeAll, type EditScene, type FilledBase } from './edits-scene';
import { startWorker, workSince, type MeasuredWorker, type Work } from './edits-worker';
import { measureUsage, type Usage } from './edits-usage';
import { quantile } from './statistics';

export interface EditRound {
  readonly loopSeconds: number;
  /** From the proposal to its preview. */
  readonly planSeconds: number;
  /** From the approval to the end, by the product's own clock. */
  readonly applySeconds: number;
  readonly work: Work;
  /** Of the edit from its approval to its end. */
  readonly usage: Usage;
}

export interface RoundsResult {
  readonly records: number;
  readonly rounds: readonly EditRound[];
  /** Medians over the rounds; rates in records/s. */
  readonly loopRate: number;
  readonly editRate: number;
  /** Of the rounds' ratios, edit to loop: from the approval on, and with the plan. */
  readonly ratio: number;
  readonly ratioWithPlan: number;
}

async function runEdit(
  scene: EditScene,
  base: FilledBase,
  worker: MeasuredWorker,
): Promise<Omit<EditRound, 'loopSeconds'>> {
  const asked = performance.now();
  const edit = await proposeAll(scene, base);
  const planSeconds = (performance.now() - asked) / 1_000;
  const before = await worker.work();
  const { result, usage } = await measureUsage(scene, worker.pid, async () =>
    scene.product.ended(await scene.product.approve(edit)),
  );
  if (result.landed !== base.recordIds.length) throw new Error(`only ${result.landed} records were changed`);
  const work = workSince(await worker.work(), before);
  return { planSeconds, applySeconds: result.seconds, work, usage };
}

/**
 * Changes all records of two bases of the same size in turns, one by a plain loop and one by an edit; the first turn of each
 * does not count.
 */
export async function measureRounds(
  scene: EditScene,
  records: number,
  rounds: number,
): Promise<RoundsResult> {
  const worker = await startWorker(scene.worker);
  const looped = await fillBase(scene, records);
  const edited = await fillBase(scene, records);
  const done: EditRound[] = [];
  for (let n = 0; n <= rounds; n++) {
    const loopSeconds = await runLoop(scene, looped);
    const round = { loopSeconds, ...(await runEdit(scene, edited, worker)) };
    if (n > 0) done.push(round);
  }
  await worker.stop();
  const median = (of: (round: EditRound) => number) => quantile(done.map(of), 0.5);
  return {
    records,
    rounds: done,
    loopRate: median(({ loopSeconds }) => records / loopSeconds),
    editRate: median(({ applySeconds }) => records / applySeconds),
    ratio: median(({ loopSeconds, applySeconds }) => loopSeconds / applySeconds),
    ratioWithPlan: median(
      ({ loopSeconds, planSeconds, applySeconds }) => loopSeconds / (planSeconds + applySeconds),
    ),
  };
}
