/**
 * `npm run bench -- edits`: measures whole edits on the built-in engine, beside a plain loop over the same API and by their
 * size, with the processes that `npm start` has. Never part of `npm test`.
 */
import { join, resolve } from 'node:path';
import { appEnvironment, checkConnections, runMain } from './app.mjs';
import { makePlace, runBenchmark, startApi } from './bench-servers.mjs';
import { freePorts } from './ports.mjs';
import { SetupError, step } from './progress.mjs';
import { startServers } from './servers.mjs';

export const help = `npm run bench -- edits [FLAGS]

Measures an edit of many records on the built-in engine beside a plain loop over the same API, in turns, and tells where its
time goes; then edits of growing size: time, memory, history. Prints tables, writes JSON and a plot.

  --records N     records that loop and edit change in each round (5000)
  --rounds N      turns of each; what counts is the median of their ratios (5); 0: without those
  --sizes LIST    changes in the growing edits, with commas (10,100,1000,10000,100000)
  --no-growth     without the growing edits
  --heap MB       bounds the heap of the worker, which shows what it keeps (not bounded)
  --profile DIR   write CPU profiles of API and workers there (it slows what is measured)
  --out FILE      where the numbers go (.data-bench/edits.json); the plot lies beside it, as .svg
  --check         exit code 1 when a target is missed
  --help          this text
`;

export const options = {
  records: { type: 'string', default: '5000' },
  rounds: { type: 'string', default: '5' },
  sizes: { type: 'string', default: '10,100,1000,10000,100000' },
  growth: { type: 'boolean', default: true },
  heap: { type: 'string', default: '0' },
  profile: { type: 'string' },
  out: { type: 'string', default: join('.data-bench', 'edits.json') },
  check: { type: 'boolean', default: false },
};

/** `whole(name, least)` reads a flag that is a whole number. */
export function readSettings(values, whole) {
  const sizes = values.growth ? values.sizes.split(',').map(Number) : [];
  if (!sizes.every((size, i) => Number.isInteger(size) && size > (sizes[i - 1] ?? 0)))
    throw new SetupError('--sizes must be growing whole numbers with commas between them.');
  return {
    records: whole('records', 100),
    rounds: whole('rounds', 0),
    sizes,
    heapMb: whole('heap', 0),
    profile: values.profile && resolve(values.profile),
    out: resolve(values.out),
    plot: resolve(values.out).replace(/(\.json)?$/, '.svg'),
    check: values.check,
  };
}

/** Processes with a pool: the API, a worker and the benchmark. */
const PROCESSES = 3;

export async function measure({ heapMb, profile, ...settings }, { signal, cleanups }) {
  const { dataDir, running } = await makePlace(cleanups);
  const ports = await freePorts(['api', 'metrics', 'clock', 'temporal', 'temporalUi', 'postgres', 'redis']);
  const servers = await startServers({ dataDir, ports, env: {}, signal });
  cleanups.push(() => servers.stop());
  const kept = { ...process.env, LOG_LEVEL: 'warn', API_URL: `http://127.0.0.1:${ports.api}` };
  const env = appEnvironment({ env: kept, servers, dataDir, ports });
  await checkConnections(servers.databaseUrl, env, PROCESSES);
  await step('Migrations', async () => {
    await runMain('services/database/migrate-main.js', { env, signal });
  });
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const common = { env, dataDir, running, signal };
  const api = await startApi({ ...common, name: 'api', port: ports.api, flags: profiling });
  const postgres = servers.running.find(({ name }) => name === 'postgres');
  const told = {
    ...settings,
    apiPid: api.pid,
    postgresPid: postgres.pid,
    worker: {
      metricsPort: ports.metrics,
      clockPort: ports.clock,
      log: join(dataDir, 'logs', 'worker.log'),
      flags: ['--enable-source-maps', ...profiling, ...(heapMb ? [`--max-old-space-size=${heapMb}`] : [])],
    },
  };
  await runBenchmark('edits-main.js', told, { env, signal });
}
