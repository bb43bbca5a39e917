/**
 * `npm run bench -- engine`: measures the engine beside hand-written SQL, on a PostgreSQL of its own that is as durable as
 * one that is kept, and on a real API process. Never part of `npm test`.
 */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { appEnvironment, runMain } from './app.mjs';
import { ensureBuild } from './build.mjs';
import { claimDataDir, ensureSecrets } from './data-dir.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { freePorts } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { onStop, run } from './processes.mjs';
import { reportFailure, SetupError, step } from './progress.mjs';
import { startRedis } from './redis.mjs';
import { startServer } from './server-process.mjs';
import { requireNode, root } from './settings.mjs';

const help = `npm run bench -- engine [FLAGS]

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

const options = {
  rows: { type: 'string', default: '100000' },
  creates: { type: 'string', default: '40000' },
  rounds: { type: 'string', default: '5' },
  lists: { type: 'string', default: '40' },
  out: { type: 'string', default: join('.data-bench', 'engine.json') },
  check: { type: 'boolean', default: false },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
};

function readFlags() {
  let parsed;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new SetupError(`${error.message}\n\n${help}`);
  }
  const { values, positionals } = parsed;
  if (!values.help && positionals.join() !== 'engine')
    throw new SetupError(`Say what to measure: engine.\n\n${help}`);
  const whole = (name, least) => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= least) return number;
    throw new SetupError(`--${name} must be a whole number, at least ${least}.`);
  };
  return {
    help: values.help,
    profile: values.profile && resolve(values.profile),
    settings: {
      rows: whole('rows', 200),
      creates: whole('creates', 40),
      rounds: whole('rounds', 1),
      listRounds: whole('lists', 1),
      out: resolve(values.out),
      check: values.check,
    },
  };
}

/** The API as `npm start` runs it, but for Node's flags; Temporal is not there, and what is measured does not need it. */
async function startApi({ name, port, flags, env, dataDir, running, signal }) {
  const script = join(root, 'dist', 'api', 'main.js');
  const url = `http://127.0.0.1:${port}`;
  const api = startServer({
    name,
    command: process.execPath,
    args: [...flags, '--enable-source-maps', script],
    mark: script,
    dataDir,
    env: { ...env, API_PORT: String(port), API_URL: url },
    cwd: root,
  });
  running.push(api);
  const up = () =>
    fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
  await api.ready(up, { signal });
  return { url, pid: api.pid };
}

/** Run as root, PostgreSQL's files may lie elsewhere, behind a link (see postgres-place.mjs). */
function remove(dataDir) {
  const postgres = join(dataDir, 'postgres');
  if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}

async function main({ settings, profile }, signal, cleanups) {
  await ensureDependencies({ signal });
  await ensureBuild({ signal });
  // Beside the sources and not in /tmp, which may be memory: then nothing would be durable.
  const dataDir = mkdtempSync(join(root, '.data-bench-'));
  cleanups.push(() => remove(dataDir));
  cleanups.push(await claimDataDir(dataDir));
  const running = [];
  cleanups.push(async () => {
    for (const server of running.splice(0).reverse()) await server.stop();
  });
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
  const bench = join(root, 'dist', 'bench', 'engine-main.js');
  await run(process.execPath, ['--enable-source-maps', bench], {
    cwd: root,
    env: { ...env, BENCH_SETTINGS: JSON.stringify(told) },
    signal,
    echo: true,
  });
}

const controller = new AbortController();
const cleanups = [];
try {
  requireNode();
  const flags = readFlags();
  if (flags.help) {
    process.stdout.write(help);
  } else {
    onStop(() => controller.abort(new SetupError('stopped')));
    await main(flags, controller.signal, cleanups);
  }
} catch (error) {
  if (!controller.signal.aborted) reportFailure(error);
  process.exitCode = controller.signal.aborted ? 130 : 1;
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
process.exit();
