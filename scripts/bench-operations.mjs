/** `npm run bench -- operations`: operations beside plain workflows, and the door beside plain Express. Never part of `npm test`. */
import { join, resolve } from 'node:path';
import { appEnvironment, checkConnections, runMain } from './app.mjs';
import { answersOk, makePlace, runBenchmark, startApi, startMain } from './bench-servers.mjs';
import { freePorts } from './ports.mjs';
import { step } from './progress.mjs';
import { startServers } from './servers.mjs';

export const help = `npm run bench -- operations [FLAGS]

Measures operations of five steps beside plain Temporal workflows of five activities on the same server, and starting and
reading operations over HTTP beside plain Express. Both sides take turns. Prints tables and writes JSON.

  --rounds N    turns of each side; what counts is the median of their ratios (5)
  --single N    runs one after the other, for the median (30)
  --many N      runs for the throughput, 20 at once (150)
  --seconds N   how long each round of requests takes (4)
  --out FILE    where the numbers go (.data-bench/operations.json)
  --check       exit code 1 when a target is missed
  --help        this text
`;

export const options = {
  rounds: { type: 'string', default: '5' },
  single: { type: 'string', default: '30' },
  many: { type: 'string', default: '150' },
  seconds: { type: 'string', default: '4' },
  out: { type: 'string', default: join('.data-bench', 'operations.json') },
  check: { type: 'boolean', default: false },
};

/** `whole(name, least)` reads a flag that is a whole number. */
export function readSettings(values, whole) {
  return {
    rounds: whole('rounds', 1),
    single: whole('single', 5),
    many: whole('many', 10),
    seconds: whole('seconds', 1),
    out: resolve(values.out),
    check: values.check,
  };
}

/** Processes with a pool: the API, plain Express and the benchmark. */
const PROCESSES = 3;

export async function measure(settings, { signal, cleanups }) {
  const { dataDir, running } = await makePlace(cleanups);
  const ports = await freePorts(['api', 'plain', 'temporal', 'temporalUi', 'postgres', 'redis']);
  const servers = await startServers({ dataDir, ports, env: {}, signal });
  cleanups.push(() => servers.stop());
  const kept = { ...process.env, LOG_LEVEL: 'warn', API_URL: `http://127.0.0.1:${ports.api}` };
  const env = appEnvironment({ env: kept, servers, dataDir, ports });
  await checkConnections(servers.databaseUrl, env, PROCESSES);
  await step('Migrations', async () => {
    await runMain('services/database/migrate-main.js', { env, signal });
  });
  const common = { dataDir, running, signal };
  await startApi({ ...common, env, name: 'api', port: ports.api });
  const plainUrl = `http://127.0.0.1:${ports.plain}`;
  const plain = startMain({
    ...common,
    name: 'plain',
    file: 'bench/plain-http-main.js',
    env: { ...env, API_PORT: String(ports.plain) },
  });
  await plain.ready(() => answersOk(`${plainUrl}/healthz`), { signal });
  await runBenchmark('operations-main.js', { ...settings, plainUrl }, { env, signal });
}
