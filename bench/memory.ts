import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { createEngineClient, type EngineClient } from './engine-client';
import type { MeasuredTable } from './measured-base';
import { quantile } from './statistics';

const SAMPLE_EVERY_MS = 50;

export interface MemoryResult {
  readonly name: string;
  readonly recordsListed: number;
  readonly requests: number;
  /** Resident memory of the API process in MB, sampled from outside. */
  readonly minMb: number;
  readonly medianMb: number;
  readonly maxMb: number;
  /** The farthest sample from the median, as a share of it. */
  readonly deviation: number;
}

/** The resident memory of a process in MB. */
export function residentMb(pid: number): number {
  const file = `/proc/${pid}/status`;
  const kilobytes = existsSync(file)
    ? /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(file, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kilobytes) / 1024;
}

const Page = z.object({ records: z.array(z.object({ id: z.string() })), offset: z.string().optional() });

/** Lists a table to its end; returns how many records came and in how many requests. */
async function listAll(
  client: EngineClient,
  table: MeasuredTable,
  parameters: Readonly<Record<string, string>>,
): Promise<{ records: number; requests: number }> {
  let records = 0;
  let requests = 0;
  for (let offset: string | undefined = ''; offset !== undefined;) {
    const query = new URLSearchParams({ pageSize: '100', ...parameters, ...(offset && { offset }) });
    const text = await client.send('GET', `/${table.baseId}/${table.tableId}?${query.toString()}`);
    const page = Page.parse(JSON.parse(text));
    records += page.records.length;
    requests += 1;
    offset = page.offset;
  }
  return { records, requests };
}

/** Formulas that no database condition stands for: every row is read and evaluated, in the first case for nothing. */
const WAYS = [
  { name: 'page by page', parameters: {}, times: 1 },
  {
    name: 'page by page, formula',
    parameters: { filterByFormula: 'LEN({Title} & {Notes}) > 0' },
    times: 1,
  },
  {
    name: 'formula that keeps none',
    parameters: { filterByFormula: 'LEN({Title} & {Notes}) > 9999' },
    times: 5,
  },
];

/**
 * Lists the whole table, page by page and by a formula that streams all of it, while the resident memory of the API
 * process is sampled. A first listing of the same kind is not counted: code and caches come into memory with it.
 */
export async function measureMemory(
  at: { readonly url: string; readonly token: string; readonly apiPid: number },
  table: MeasuredTable,
): Promise<MemoryResult[]> {
  const client = createEngineClient(at.url, at.token);
  const results: MemoryResult[] = [];
  for (const { name, parameters, times } of WAYS) {
    await listAll(client, table, parameters);
    const samples: number[] = [];
    const sample = () => samples.push(residentMb(at.apiPid));
    const timer = setInterval(sample, SAMPLE_EVERY_MS);
    const total = { records: 0, requests: 0 };
    for (let i = 0; i < times; i++) {
      const one = await listAll(client, table, parameters);
      total.records += one.records;
      total.requests += one.requests;
    }
    clearInterval(timer);
    sample();
    const [minMb, medianMb, maxMb] = [Math.min(...samples), quantile(samples, 0.5), Math.max(...samples)];
    const deviation = Math.max(maxMb - medianMb, medianMb - minMb) / medianMb;
    results.push({
      name,
      recordsListed: total.records,
      requests: total.requests,
      minMb,
      medianMb,
      maxMb,
      deviation,
    });
  }
  client.close();
  return results;
}
