import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Services } from '../services/create-services';
import { newId } from '../services/ids';
import { cpuMsEach, type CpuTime } from './cpu-time';
import type { Round } from './side-by-side';
import { quantile } from './statistics';

export const OWN_QUEUE = 'bench-own';
export const PLAIN_QUEUE = 'bench-plain';

/** How many run one after the other for the median, and how many in all and at once for the throughput. */
export interface RunCounts {
  readonly single: number;
  readonly many: number;
  readonly atOnce: number;
}

type Start = () => Promise<unknown>;

/** The processor time so far of what takes part, where the system tells. */
export type ReadCpu = () => CpuTime | undefined;

async function measure(
  counts: RunCounts,
  readCpu: ReadCpu,
  prepare: (count: number) => Promise<Start[]>,
): Promise<Round> {
  const times: number[] = [];
  for (const run of await prepare(counts.single)) {
    const began = performance.now();
    await run();
    times.push(performance.now() - began);
  }
  const waiting = await prepare(counts.many);
  const cpuBefore = readCpu();
  const began = performance.now();
  const lane = async () => {
    for (let run = waiting.pop(); run; run = waiting.pop()) await run();
  };
  await Promise.all(Array.from({ length: counts.atOnce }, lane));
  const took = (performance.now() - began) / 1_000;
  return {
    p50Ms: quantile(times, 0.5),
    perSecond: counts.many / took,
    cpuMs: cpuMsEach(cpuBefore, readCpu(), counts.many),
  };
}

/** A plain workflow of Temporal from its start to its result. */
export function measurePlain(
  client: Client,
  workflow: string,
  counts: RunCounts,
  workspaceId: string,
  readCpu: ReadCpu,
): Promise<Round> {
  return measure(counts, readCpu, async (count) =>
    Array.from({ length: count }, () => () => {
      const id = newId('operation');
      return client.workflow.execute(workflow, {
        workflowId: `${workflow}/${id}`,
        taskQueue: PLAIN_QUEUE,
        args: [workspaceId, id],
      });
    }),
  );
}

/** An operation from its start to its result; its row is written before, as the door does. */
export function measureOperation(
  { db, operations }: Pick<Services, 'db' | 'operations'>,
  client: Client,
  name: string,
  counts: RunCounts,
  workspaceId: string,
  readCpu: ReadCpu,
): Promise<Round> {
  return measure(counts, readCpu, async (count) => {
    const ids = Array.from({ length: count }, () => newId('operation'));
    await db.tenant(workspaceId, async (tx) => {
      for (const id of ids)
        await operations.insert(tx, {
          id,
          workspaceId,
          name,
          scope: workspaceId,
          key: randomUUID(),
          fingerprint: '',
          actor: 'usr_bench',
          input: {},
          summary: 'Bench',
          workflowId: `${name}/${id}`,
          editId: null,
          baseId: null,
        });
    });
    return ids.map(
      (operationId) => () =>
        client.workflow.execute(name, {
          workflowId: `${name}/${operationId}`,
          taskQueue: OWN_QUEUE,
          args: [{ operationId, workspaceId, actor: 'usr_bench', input: {} }],
        }),
    );
  });
}
