import { readdirSync, readFileSync } from 'node:fs';
import { residentMb } from './memory';
import { quantile } from './statistics';

/** Of the kernel's own count; on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_EVERY_MS = 50;

/** `/proc/<pid>/stat` behind the process's name, which may hold anything: state, parent, … */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const ticks = (stat: readonly string[], columns: readonly number[]) =>
  columns.reduce((sum, column) => sum + Number(stat[column] ?? 0), 0);

/** Processor time (s) of a process so far; null where the kernel does not tell (it is Linux that has /proc). */
export function cpuSeconds(pid: number): number | null {
  const stat = statOf(pid);
  return stat ? ticks(stat, [11, 12]) / TICKS_PER_SECOND : null;
}

/** The same with all its children, those that have ended among them: a PostgreSQL with its connections. */
export function cpuSecondsOfTree(pid: number): number | null {
  const own = statOf(pid);
  if (!own) return null;
  let sum = ticks(own, [11, 12, 13, 14]);
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat?.[1] === String(pid)) sum += ticks(stat, [11, 12]);
  }
  return sum / TICKS_PER_SECOND;
}

/** Resident memory in MB over a while. */
export interface Memory {
  readonly before: number;
  readonly median: number;
  readonly peak: number;
}

/** Samples the resident memory of a process from outside until it is told to stop. */
export function watchMemory(pid: number): { stop(): Memory } {
  const before = residentMb(pid);
  const samples = [before];
  const sample = () => samples.push(residentMb(pid));
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return { before, median: quantile(samples, 0.5), peak: Math.max(...samples) };
    },
  };
}
