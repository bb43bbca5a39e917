/**
 * The world of a chaos run: servers and processes of its own, so that each of them can be killed and started again, and
 * beside them what plays Airtable, on a PostgreSQL and a Redis of its own that nobody kills: its log is the witness.
 */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { appEnvironment, checkConnections } from './app.mjs';
import { answersOk, waitUntilUp } from './bench-servers.mjs';
import { claimDataDir, ensureSecrets } from './data-dir.mjs';
import { freePorts } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { run } from './processes.mjs';
import { note, SetupError, step } from './progress.mjs';
import { startRedis } from './redis.mjs';
import { startServer } from './server-process.mjs';
import { startServers } from './servers.mjs';
import { root } from './settings.mjs';

/** Processes with a pool: the API and two workers. */
const PROCESSES = 3;
/** How long a killed process stays away before it is started again. */
const AWAY_MS = 500;
/** PostgreSQL's other processes end a moment after the first one; until then it does not start anew. */
const STARTS = 20;

function remove(dataDir) {
  for (const place of [dataDir, join(dataDir, 'airtable')]) {
    const postgres = join(place, 'postgres');
    // Run as root, PostgreSQL's files may lie elsewhere, behind a link (see postgres-place.mjs).
    if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
  }
  rmSync(dataDir, { recursive: true, force: true });
}

/**
 * Starts everything. `dist` is the build whose API and workers are tried; `openProxy(target)` makes the proxy between them and
 * what plays Airtable. `cleanups` gets what has to be done at the end, in order of making. With `keep` the logs stay.
 */
export async function startWorld({ dist, settings, openProxy, keep, signal, cleanups }) {
  const dataDir = mkdtempSync(join(root, '.data-chaos-'));
  cleanups.push(() => (keep ? note(`Logs and data are in ${dataDir}.`) : remove(dataDir)));
  cleanups.push(await claimDataDir(dataDir));
  const own = join(dataDir, 'airtable');
  mkdirSync(own, { mode: 0o711 });
  const names = ['api', 'airtable', 'worker1', 'worker2', 'temporal', 'temporalUi', 'postgres', 'redis'];
  const ports = await freePorts([...names, 'airtablePostgres', 'airtableRedis']);

  const servers = await startServers({ dataDir, ports, env: {}, signal });
  cleanups.push(() => servers.stop());
  const beside = {
    dataDir: own,
    secrets: ensureSecrets(own),
    durable: false,
    running: servers.running,
    signal,
  };
  const { databaseUrl } = await startPostgres({ ...beside, port: ports.airtablePostgres });
  const { redisUrl } = await startRedis({ ...beside, port: ports.airtableRedis });

  const airtableUrl = `http://127.0.0.1:${ports.airtable}`;
  const proxy = await openProxy(airtableUrl);
  cleanups.push(() => proxy.close());
  const productUrl = `http://127.0.0.1:${ports.api}`;
  const common = { ...process.env, LOG_LEVEL: 'warn', GEMINI_API_KEY: '', AIRTABLE_TOKEN: '' };
  const product = {
    ...appEnvironment({ env: { ...common, API_URL: productUrl }, servers, dataDir, ports }),
    AIRTABLE_HOSTS: proxy.host,
    LATE_WRITE_SECONDS: String(settings.lateWriteSeconds),
    SETTLE_SECONDS: String(settings.settleSeconds),
  };
  const played = {
    ...product,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    // What is fetched goes the way of all requests, and may go wrong on it.
    API_URL: proxy.url,
    API_PORT: String(ports.airtable),
    AIRTABLE_HOSTS: '',
    ENCRYPTION_KEYS: beside.secrets.ENCRYPTION_KEYS,
    JWT_SECRET: beside.secrets.JWT_SECRET,
    DATA_DIR: own,
  };
  const main = (file, env) =>
    run(process.execPath, ['--enable-source-maps', join(dist, file)], { cwd: root, env, signal });
  const people = await step('Migrations', async () => {
    await checkConnections(servers.databaseUrl, product, PROCESSES);
    for (const env of [product, played]) await main('services/database/migrate-main.js', env);
    return JSON.parse((await main('chaos/airtable-main.js', played)).trim().split('\n').at(-1));
  });

  const start = (name, file, env) => {
    const script = join(dist, file);
    const args = ['--enable-source-maps', script];
    const command = process.execPath;
    const server = startServer({ name, command, args, mark: script, dataDir, env, cwd: root });
    servers.running.push(server);
    return server;
  };
  await step('Processes', async () => {
    const airtable = start('airtable', 'api/main.js', played);
    await airtable.ready(() => answersOk(`${airtableUrl}/healthz`), { signal });
    const workers = ['worker1', 'worker2'].map((name) =>
      start(name, 'workers/main.js', { ...product, METRICS_PORT: String(ports[name]) }),
    );
    const api = start('api', 'api/main.js', product);
    const urls = [
      `${productUrl}/readyz`,
      ...['worker1', 'worker2'].map((n) => `http://127.0.0.1:${ports[n]}/metrics`),
    ];
    const up = async () => (await Promise.all(urls.map(answersOk))).every(Boolean);
    await waitUntilUp([api, ...workers], up, { signal });
  });

  const admin = new URL(databaseUrl);
  admin.username = 'postgres';
  admin.password = beside.secrets.POSTGRES_ADMIN_PASSWORD;
  return {
    dataDir,
    productUrl,
    airtable: { url: airtableUrl, databaseUrl: admin.href, ...people },
    proxy,
    processes: killable(servers.running, own, signal),
  };
}

/** What may be done to the processes of a list. A process that was killed is in it again once it has been started anew. */
function killable(running, airtableDir, signal) {
  // What plays Airtable has a PostgreSQL and a Redis of the same names, which are not to be found here.
  const mine = (server) => !server.logFile.startsWith(airtableDir);
  const find = (name) => {
    const found = running.find((server) => server.name === name && mine(server));
    if (!found) throw new SetupError(`The process ${name} is not there.`);
    return found;
  };
  const send = (name, sign) => {
    const { pid, ended } = find(name);
    if (!ended) process.kill(pid, sign);
  };
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    async kill(name) {
      const dead = find(name);
      send(name, 'SIGKILL');
      await dead.exited;
      await pause(AWAY_MS);
      for (let n = 0; n < STARTS && !signal.aborted; n++) {
        const next = dead.again();
        running[running.findIndex((server) => server.name === name && mine(server))] = next;
        await pause(250 + (name === 'postgres' ? 500 : 0));
        if (!next.ended) return;
      }
      signal.throwIfAborted();
      throw new SetupError(`${name} did not come back after it was killed; ${find(name).lastWords()}`);
    },
    stop: (name) => send(name, 'SIGSTOP'),
    resume: (name) => send(name, 'SIGCONT'),
  };
}
