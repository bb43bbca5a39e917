/** `npm run bench -- operations`: operations beside plain workflows, and the door beside plain Express. Never part of `npm test`. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { appEnvironment, checkConnections, runMain } from './app.mjs';
import { answersOk, makePlace, runBenchmark, startApi, startMain } from './bench-servers.mjs';
import { freePorts } from './ports.mjs';
import { SetupError, step } from './progress.mjs';
import { startServers } from './servers.mjs';
import { startOnPostgres } from './temporal-on-postgres.mjs';

export const help = `npm run bench -- operations [FLAGS]

Measures operations of five steps beside plain Temporal workflows of five activities on the same server, and starting and
reading operations over HTTP beside plain Express. Both sides take turns. Prints tables and writes JSON.

  --temporal S  where Temporal keeps its data: sqlite (the development server) or postgres, as in production (sqlite)
  --rounds N    turns of each side; what counts is the median of their ratios (5)
  --single N    runs one after the other, for the median (30)
  --many N      runs for the throughput, 20 at once (150)
  --seconds N   how long each round of requests takes (4)
  --out FILE    where the numbers go (.data-bench/operations.json)
  --check       exit code 1 when a target is missed
  --profile DIR CPU profiles of the API and the workers; what is measured gets slower by it
  --help        this text
`;

export const options = {
  temporal: { type: 'string', default: 'sqlite' },
  rounds: { type: 'string', default: '5' },
  single: { type: 'string', default: '30' },
  many: { type: 'string', default: '150' },
  seconds: { type: 'string', default: '4' },
  out: { type: 'string', default: join('.data-bench', 'operations.json') },
  check: { type: 'boolean', default: false },
  profile: { type: 'string' },
};

/** `whole(name, least)` reads a flag that is a whole number. */
export function readSettings(values, whole) {
  const { temporal } = values;
  if (!['sqlite', 'postgres'].includes(temporal)) throw new SetupError('--temporal is sqlite or postgres.');
  return {
    temporal,
    rounds: whole('rounds', 1),
    single: whole('single', 5),
    many: whole('many', 10),
    seconds: whole('seconds', 1),
    out: resolve(values.out),
    check: values.check,
    ...(values.profile === undefined ? {} : { profile: resolve(values.profile) }),
  };
}

/** Node's flags for a profile, which is written when the process is asked to stop. */
function profiled({ profile }, name) {
  if (profile === undefined) return [];
  mkdirSync(profile, { recursive: true });
  return ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`];
}

/** Processes with a pool: API, plain Express, both once more to be counted, the workers and the benchmark. */
const PROCESSES = 6;

/** PostgreSQL, Redis and Temporal, which keeps its data in SQLite or, as in production, in PostgreSQL. */
async function startAll({ temporal }, { dataDir, ports, running, cleanups, signal }) {
  const given = temporal === 'postgres' ? await startOnPostgres({ dataDir, ports, running, signal }) : {};
  const servers = await startServers({ dataDir, ports, env: given, signal });
  cleanups.push(() => servers.stop());
  const pids = Object.fromEntries([...running, ...servers.running].map(({ name, pid }) => [name, pid]));
  return { servers, pids };
}

const portOf = (url) => Number(new URL(url.includes('//') ? url : `http://${url}`).port);
const throughPort = (url, port) => url.replace(/:\d+(?=\/|$)/, `:${port}`);

/** The API and plain Express once more, with relays that count between them and the servers. */
async function startCounted({ ports, env, ...common }) {
  const relays = {
    postgres: { port: ports.relayPostgres, target: portOf(env.DATABASE_URL) },
    redis: { port: ports.relayRedis, target: portOf(env.REDIS_URL) },
    grpc: { port: ports.relayTemporal, target: portOf(env.TEMPORAL_ADDRESS) },
  };
  const relaysUrl = `http://127.0.0.1:${ports.relays}`;
  const relay = startMain({
    ...common,
    name: 'relays',
    file: 'bench/wire-counter-main.js',
    env: { ...env, BENCH_RELAYS: JSON.stringify({ port: ports.relays, ...relays }) },
  });
  await relay.ready(() => answersOk(relaysUrl), common);
  const through = {
    ...env,
    DATABASE_URL: throughPort(env.DATABASE_URL, ports.relayPostgres),
    REDIS_URL: throughPort(env.REDIS_URL, ports.relayRedis),
    TEMPORAL_ADDRESS: throughPort(env.TEMPORAL_ADDRESS, ports.relayTemporal),
  };
  const api = await startApi({ ...common, env: through, name: 'api-counted', port: ports.apiCounted });
  const plain = await startPlain({
    ...common,
    env: through,
    name: 'plain-counted',
    port: ports.plainCounted,
  });
  return { apiUrl: api.url, plainUrl: plain.url, relaysUrl };
}

async function startPlain({ env, port, signal, ...common }) {
  const url = `http://127.0.0.1:${port}`;
  const own = { ...env, API_PORT: String(port) };
  const server = startMain({ ...common, file: 'bench/plain-http-main.js', env: own });
  await server.ready(() => answersOk(`${url}/healthz`), { signal });
  return { url, pid: server.pid };
}

export async function measure(settings, { signal, cleanups }) {
  const { dataDir, running } = await makePlace(cleanups);
  const ports = await freePorts([
    ...['api', 'plain', 'temporal', 'temporalUi', 'postgres', 'redis', 'apiCounted', 'plainCounted'],
    ...['relays', 'relayPostgres', 'relayRedis', 'relayTemporal'],
  ]);
  const { servers, pids } = await startAll(settings, { dataDir, ports, running, cleanups, signal });
  const kept = { ...process.env, LOG_LEVEL: 'warn', API_URL: `http://127.0.0.1:${ports.api}` };
  const env = appEnvironment({ env: kept, servers, dataDir, ports });
  await checkConnections(servers.databaseUrl, env, PROCESSES);
  await step('Migrations', async () => {
    await runMain('services/database/migrate-main.js', { env, signal });
  });
  const common = { dataDir, running, signal };
  const api = await startApi({
    ...common,
    env,
    flags: profiled(settings, 'api'),
    name: 'api',
    port: ports.api,
  });
  const plain = await startPlain({ ...common, env, name: 'plain', port: ports.plain });
  const workers = startMain({
    ...common,
    name: 'workers',
    file: 'bench/operations-workers-main.js',
    flags: profiled(settings, 'workers'),
    env,
  });
  const counted = await startCounted({ ...common, env, ports });
  const processes = { api: api.pid, plain: plain.pid, workers: workers.pid };
  await runBenchmark(
    'operations-main.js',
    { ...settings, plainUrl: plain.url, counted, pids: { ...pids, ...processes } },
    { env, signal },
  );
}
