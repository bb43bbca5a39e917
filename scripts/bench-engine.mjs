/**
 * `npm run bench -- engine`: measures the engine beside hand-written SQL, on a PostgreSQL of its own that is as durable as
 * one that is kept, and on a real API process. Never part of `npm test`.
 */
import { join, resolve } from 'node:path';
import { appEnvironment, runMain } from './app.mjs';
import { makePlace, runBenchmark, startApi } from './bench-servers.mjs';
import { ensureSecrets } from './data-dir.mjs';
import { freePorts } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { step } from './progress.mjs';
import { startRedis } from './redis.mjs';

export const help = `npm run bench -- engine [FLAGS]

Measures creates, lists and memory of the engine beside hand-written SQL, prints a table and writes JSON.

  --rows N      records in the listed table (100000)
  --creates N   records to create each way (40000)
  --rounds N    rounds in which the two ways of creating take turns (5)
  --lists N     lists of each kind, each way (40)
  --out FILE    where the numbers go (.data-bench/engine.json)
  --check       exit code 1 when a target is missed
  --profile DIR write a CPU profile of the API there (it slows what is measured)
  --help        this text
`;

/** The heap of the API whose memory is watched. */
const HEAP_MB = 96;

export const options = {
  rows: { type: 'string', default: '100000' },
  creates: { type: 'string', default: '40000' },
  rounds: { type: 'string', default: '5' },
  lists: { type: 'string', default: '40' },
  out: { type: 'string', default: join('.data-bench', 'engine.json') },
  check: { type: 'boolean', default: false },
  profile: { type: 'string' },
};

/** `whole(name, least)` reads a flag that is a whole number. */
export function readSettings(values, whole) {
  return {
    profile: values.profile && resolve(values.profile),
    rows: whole('rows', 200),
    creates: whole('creates', 40),
    rounds: whole('rounds', 1),
    listRounds: whole('lists', 1),
    out: resolve(values.out),
    check: values.check,
  };
}

/** Temporal is not started: what is measured does not need it. */
export async function measure({ profile, ...settings }, { signal, cleanups }) {
  const { dataDir, running } = await makePlace(cleanups);
  const ports = await freePorts(['api', 'small', 'temporal', 'postgres', 'redis']);
  const shared = { dataDir, secrets: ensureSecrets(dataDir), durable: true, running, signal };
  const { databaseUrl } = await startPostgres({ ...shared, port: ports.postgres });
  const { redisUrl } = await startRedis({ ...shared, port: ports.redis });
  const temporalAddress = `127.0.0.1:${ports.temporal}`;
  const servers = { secrets: shared.secrets, databaseUrl, redisUrl, temporalAddress };
  const kept = { ...process.env, LOG_LEVEL: 'warn', API_URL: `http://127.0.0.1:${ports.api}` };
  const env = appEnvironment({ env: kept, servers, dataDir, ports });
  await step('Migrations', async () => {
    await runMain('services/database/migrate-main.js', { env, signal });
  });
  const common = { env, dataDir, running, signal };
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  await startApi({ ...common, name: 'api', port: ports.api, flags: profiling });
  // Left to itself, Node lets garbage pile up to some hundred MB before it collects it: in a small heap what is kept shows.
  const flags = [`--max-old-space-size=${HEAP_MB}`];
  const small = await startApi({ ...common, name: 'small-api', port: ports.small, flags });
  const told = { ...settings, small: { url: small.url, apiPid: small.pid, heapMb: HEAP_MB } };
  await runBenchmark('engine-main.js', told, { env, signal });
}
