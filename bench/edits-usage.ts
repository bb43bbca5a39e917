import type { EditScene } from './edits-scene';
import { cpuSeconds, cpuSecondsOfTree, watchMemory, type Memory } from './process-usage';

/** What processes used meanwhile: processor time in s (null where the kernel does not tell), resident memory in MB. */
export interface Usage {
  readonly cpu: {
    readonly worker: number | null;
    readonly api: number | null;
    readonly postgres: number | null;
  };
  readonly memory: { readonly worker: Memory; readonly api: Memory };
}

const since = (now: number | null, before: number | null) =>
  now === null || before === null ? null : now - before;

/** Does `act` and tells what the worker, the API and PostgreSQL used for it. */
export async function measureUsage<T>(
  { apiPid, postgresPid }: Pick<EditScene, 'apiPid' | 'postgresPid'>,
  workerPid: number,
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly usage: Usage }> {
  const read = () => ({
    worker: cpuSeconds(workerPid),
    api: cpuSeconds(apiPid),
    postgres: cpuSecondsOfTree(postgresPid),
  });
  const before = read();
  const [worker, api] = [watchMemory(workerPid), watchMemory(apiPid)];
  const result = await act();
  const memory = { worker: worker.stop(), api: api.stop() };
  const now = read();
  const cpu = {
    worker: since(now.worker, before.worker),
    api: since(now.api, before.api),
    postgres: since(now.postgres, before.postgres),
  };
  return { result, usage: { cpu, memory } };
}
