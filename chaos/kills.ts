import { setTimeout as sleep } from 'node:timers/promises';
import { createDice } from './plan/random';
import type { Fault } from './proxy/fault-choice';
import type { FaultProxy, ProxiedRequest } from './proxy/fault-proxy';

/** The run's own processes, which may be killed: whoever starts them starts them again. */
export interface Processes {
  /** Resolves once it is dead and has been started again; not once it serves. */
  kill(name: ProcessName): Promise<void>;
  stop(name: ProcessName): void;
  resume(name: ProcessName): void;
}
export type ProcessName = 'worker1' | 'worker2' | 'api' | 'postgres' | 'redis' | 'temporal' | 'airtable';

export interface Kill {
  readonly process: ProcessName;
  /** SIGKILL, or SIGSTOP for so many ms. */
  readonly stoppedMs: number | null;
  readonly at: number;
  /** Whether it was a kill while a write to Airtable was under way: for a worker one of its own, whose connection went with it. */
  readonly midRequest: boolean;
}

export interface KillPlan {
  readonly seed: number;
  readonly count: number;
  /** Over how long they are spread. */
  readonly milliseconds: number;
  /** A stop that is longer than this outlives the undo and the sweep of what it stopped. */
  readonly longStopMs: number;
}

const TARGETS: ReadonlyArray<readonly [ProcessName, number]> = [
  ['worker1', 30],
  ['worker2', 30],
  ['api', 12],
  ['postgres', 9],
  ['redis', 7],
  ['temporal', 7],
  ['airtable', 5],
];
const WORKERS: readonly ProcessName[] = ['worker1', 'worker2'];
/** May be stopped: servers that others wait for without end would only make the run longer. */
const STOPPABLE: readonly ProcessName[] = ['worker1', 'worker2', 'api', 'redis'];
/** Apart from the edits' streams of dice. */
const STREAM = 0x4000_0000;
/** How long a kill that is aimed waits for a request to hit. */
const AIM_MS = 4_000;
/** How soon after a kill its connections are seen to be closed; no caller gives up by itself as soon as that. */
const CLOSING_MS = 2_000;

/** Faults by which the proxy itself closes the connection. */
const HANGING_UP: readonly Fault[] = ['drop-answer', 'late', 'reset'];

/** Which part of the time the kills are spread over; in what is left of it all can be seen to recover. */
const SPREAD = 0.9;

/**
 * Kills and stops processes by the seed until the count is reached, and where none of it hit a request more workers until one
 * does: a run without says nothing. The signal ends it. `kills` gets each. Everything runs on when it ends.
 */
export async function killProcesses(
  { seed, count, milliseconds, longStopMs }: KillPlan,
  processes: Processes,
  proxy: FaultProxy,
  kills: Kill[],
  signal: AbortSignal,
): Promise<void> {
  const stopped = new Map<ProcessName, Promise<void>>();
  const begun = Date.now();
  const wanted = (n: number) => n < count || (count > 0 && !kills.some((one) => one.midRequest));
  for (let n = 0; wanted(n) && !signal.aborted; n++) {
    const dice = createDice(seed, STREAM + n);
    const more = n >= count;
    const process = more ? (WORKERS[n % WORKERS.length] ?? 'worker1') : dice.pick(TARGETS);
    const stops = !more && STOPPABLE.includes(process) && dice.chance(0.3);
    const stoppedMs = stops ? (dice.chance(0.3) ? longStopMs : dice.whole(500, 4_000)) : null;
    const due = begun + ((n + dice.roll()) * milliseconds * SPREAD) / count;
    await sleep(Math.max(0, due - Date.now()), undefined, { signal }).catch(() => undefined);
    if (more || dice.chance(0.7)) await aim(proxy, signal);
    if (signal.aborted) break;
    // Killed while it is stopped it would never have woken, which is what stopping is for.
    if (stopped.has(process)) continue;
    const waiting = proxy.waiting();
    const at = Date.now();
    if (stoppedMs === null) await processes.kill(process);
    else {
      processes.stop(process);
      const waking = sleep(stoppedMs, undefined, { signal })
        .catch(() => undefined)
        .then(() => {
          processes.resume(process);
          stopped.delete(process);
        });
      stopped.set(process, waking);
    }
    kills.push({ process, stoppedMs, at, midRequest: await hit(process, stoppedMs, at, waiting) });
  }
  await Promise.all(stopped.values());
}

/** Waits for a write that is under way, but not for long. */
async function aim(proxy: FaultProxy, signal: AbortSignal): Promise<void> {
  const until = Date.now() + AIM_MS;
  while (Date.now() < until && !signal.aborted && !proxy.waiting().some(isTelling)) await sleep(5);
}

const isWrite = ({ method }: ProxiedRequest) => method !== 'GET';
/** Whether it shows that its caller died. */
const isTelling = (request: ProxiedRequest) => isWrite(request) && !HANGING_UP.includes(request.fault);

async function hit(
  process: ProcessName,
  stoppedMs: number | null,
  at: number,
  waiting: readonly ProxiedRequest[],
): Promise<boolean> {
  if (stoppedMs !== null) return false;
  if (!WORKERS.includes(process)) return waiting.some(isWrite);
  // Of both workers; those of the other one are answered by and by.
  const writes = waiting.filter(isTelling);
  while (Date.now() < at + CLOSING_MS && writes.some(({ endedAt }) => endedAt === null)) await sleep(20);
  return writes.some(({ abandoned, endedAt }) => abandoned && endedAt !== null && endedAt <= at + CLOSING_MS);
}
