import { cpus } from 'node:os';
import type { Client } from 'pg';
import type { CreateResult } from './creates';
import type { ListResult } from './lists';
import type { MemoryResult } from './memory';

/** What is held to a bound, and what came out. */
export interface Target {
  readonly name: string;
  readonly wanted: string;
  readonly value: number;
  readonly met: boolean;
}

export interface EngineResults {
  readonly creates: CreateResult;
  readonly lists: readonly ListResult[];
  readonly memory: readonly MemoryResult[];
}

const SETTINGS = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers'];

/** On what and with which settings it was measured; whether a commit reaches the disk is among them. */
export async function describeMachine(owner: Client) {
  const settings: Record<string, string> = {};
  for (const name of SETTINGS) {
    const { rows } = await owner.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
    settings[name] = rows[0]?.value ?? '';
  }
  return {
    processors: cpus().length,
    model: cpus()[0]?.model ?? '',
    node: process.versions.node,
    durable: settings['fsync'] === 'on' && settings['synchronous_commit'] === 'on',
    postgres: settings,
  };
}

export const atLeast = (name: string, value: number, bound: number): Target => {
  return { name, wanted: `≥ ${bound}`, value, met: value >= bound };
};
export const atMost = (name: string, value: number, bound: number): Target => {
  return { name, wanted: `≤ ${bound}`, value, met: value <= bound };
};

/** The targets with their values. */
export function judge({ creates, lists, memory }: EngineResults): Target[] {
  return [
    atLeast('creates: records per second', creates.engine, 1_000),
    atLeast('creates: ratio to INSERTs', creates.ratio, 0.25),
    ...lists.map((list) => atMost(`list by ${list.name}: ratio to SQL`, list.ratio, 3)),
    ...memory.map((one) => atMost(`memory, ${one.name}: deviation`, one.deviation, 0.1)),
  ];
}

/** A table in columns: the first to the left, the others to the right. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;

/** Everything as text for people. */
export function reportText(results: EngineResults, targets: readonly Target[], heapMb: number): string {
  const { creates, lists, memory } = results;
  const parts = [
    tableText(
      ['Creates, 10 at a time, 4 clients', 'records/s', 'median', 'p95'],
      [
        ['API', creates.engine.toFixed(0), ms(creates.requestMs.median), ms(creates.requestMs.p95)],
        ['INSERTs', creates.inserts.toFixed(0), ms(creates.insertMs.median), ms(creates.insertMs.p95)],
        [`ratio (rounds: ${creates.rounds.map((r) => r.toFixed(2)).join(' ')})`, creates.ratio.toFixed(2)],
      ],
    ),
    tableText(
      ['Lists of 100 by', 'API median', 'p95', 'SQL median', 'p95', 'ratio'],
      lists.map((list) => [
        list.name,
        ms(list.engineMs.median),
        ms(list.engineMs.p95),
        ms(list.sqlMs.median),
        ms(list.sqlMs.p95),
        list.ratio.toFixed(2),
      ]),
    ),
    tableText(
      [
        `Memory of the API (heap of ${heapMb} MB at most)`,
        'records',
        'requests',
        'min',
        'median',
        'max',
        'deviation',
      ],
      memory.map((one) => [
        one.name,
        String(one.recordsListed),
        String(one.requests),
        `${one.minMb.toFixed(0)} MB`,
        `${one.medianMb.toFixed(0)} MB`,
        `${one.maxMb.toFixed(0)} MB`,
        `${(100 * one.deviation).toFixed(1)} %`,
      ]),
    ),
    targetsText(targets),
  ];
  return parts.join('\n\n');
}

export function targetsText(targets: readonly Target[]): string {
  return tableText(
    ['Targets', 'wanted', 'measured', ''],
    targets.map(({ name, wanted, value, met }) => [
      name,
      wanted,
      value.toFixed(value < 100 ? 2 : 0),
      met ? 'met' : 'MISSED',
    ]),
  );
}
