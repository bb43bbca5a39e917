import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { spansSince, Spans } from './stopwatch';

const START_MS = 60_000;
const POLL_MS = 100;

const Clock = z.object({
  intend: Spans,
  settle: Spans,
  fence: Spans,
  read: Spans,
  other: Spans,
  journal: Spans,
  look: Spans,
  send: Spans,
});
type Clock = z.infer<typeof Clock>;

/** What a worker did so far: its transactions and requests, and how long its calls waited for their turn (s). */
export interface Work extends Clock {
  readonly waiting: number;
}

/** A worker process as `npm start` has it, but for the clock that is loaded into it (edits-clock.ts). */
export interface MeasuredWorker {
  readonly pid: number;
  work(): Promise<Work>;
  stop(): Promise<void>;
}

export interface WorkerPlace {
  readonly metricsPort: number;
  readonly clockPort: number;
  /** Where its output goes. */
  readonly log: string;
  /** Node's, such as a bound on the heap. */
  readonly flags: readonly string[];
}

/** Starts a worker and waits until it tells its figures. It ends with this process at the latest. */
export async function startWorker({
  metricsPort,
  clockPort,
  log,
  flags,
}: WorkerPlace): Promise<MeasuredWorker> {
  const dist = join(__dirname, '..');
  const output = openSync(log, 'a', 0o600);
  const args = ['-r', join(dist, 'bench', 'edits-clock.js'), ...flags, join(dist, 'workers', 'main.js')];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', output, output],
    env: { ...process.env, METRICS_PORT: String(metricsPort), BENCH_CLOCK: String(clockPort) },
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  const metrics = `http://127.0.0.1:${metricsPort}/metrics`;
  const until = Date.now() + START_MS;
  while (
    !(await fetch(metrics).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(
        `the worker did not start; the end of its log:\n${readFileSync(log, 'utf8').slice(-2_000)}`,
      );
    await sleep(POLL_MS);
  }
  return {
    pid: child.pid ?? 0,
    async work() {
      const clock = Clock.parse(await (await fetch(`http://127.0.0.1:${clockPort}/`)).json());
      const figures = await (await fetch(metrics)).text();
      const waited = /^sagatable_gateway_waited_seconds_total\{lane="bulk"\} (\S+)$/m.exec(figures)?.[1];
      return { ...clock, waiting: Number(waited ?? 0) };
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.removeListener('exit', kill);
    },
  };
}

/** What a worker did between two looks at it. */
export function workSince(now: Work, before: Work): Work {
  const since = (name: keyof Clock) => spansSince(now[name], before[name]);
  return {
    intend: since('intend'),
    settle: since('settle'),
    fence: since('fence'),
    read: since('read'),
    other: since('other'),
    journal: since('journal'),
    look: since('look'),
    send: since('send'),
    waiting: now.waiting - before.waiting,
  };
}
