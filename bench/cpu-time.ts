import { readdirSync, readFileSync } from 'node:fs';

/** Seconds of processor time by the name of the process. */
export type CpuTime = Readonly<Record<string, number>>;

/** Linux counts in hundredths of a second (USER_HZ), whatever its timer does. */
const TICKS = 100;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Of the process itself and of its children that ended. */
  readonly seconds: number;
}

/** proc_pid_stat(5): the name, in brackets, may hold anything; after it come state, parent and, from the 14th on, times. */
function readStat(pid: string): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid: Number(pid), parent: Number(fields[1]), seconds: ticks / TICKS };
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}

/**
 * The processor time of processes so far, each with its children (PostgreSQL has one a connection), from /proc; undefined
 * where there is none. What a difference of two of them says is exact to some hundredths of a second.
 */
export function readCpuTime(pids: Readonly<Record<string, number>>): CpuTime | undefined {
  if (process.platform !== 'linux') return undefined;
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readStat(pid) ?? []);
  const sum = (pid: number): number =>
    stats.reduce(
      (seconds, stat) => seconds + (stat.pid === pid || stat.parent === pid ? stat.seconds : 0),
      0,
    );
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, sum(pid)]));
}

/** Milliseconds of processor time that each process took for one of `count` things. */
export function cpuMsEach(
  before: CpuTime | undefined,
  after: CpuTime | undefined,
  count: number,
): CpuTime | null {
  if (!before || !after) return null;
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, ((seconds - (before[name] ?? 0)) * 1_000) / count]),
  );
}
