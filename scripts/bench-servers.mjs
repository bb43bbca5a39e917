/** What benchmarks have in common: servers of their own, as durable as kept ones, and Sagatable's processes on them. */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { claimDataDir } from './data-dir.mjs';
import { run, waitFor } from './processes.mjs';
import { SetupError } from './progress.mjs';
import { startServer } from './server-process.mjs';
import { root } from './settings.mjs';

/** Run as root, PostgreSQL's files may lie elsewhere, behind a link (see postgres-place.mjs). */
function remove(dataDir) {
  const postgres = join(dataDir, 'postgres');
  if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}

/**
 * A data directory that goes with the run, and the list of servers to be stopped with it, the newest first. `cleanups` gets
 * what has to be done at the end, in order of making.
 */
export async function makePlace(cleanups) {
  // Beside the sources and not in /tmp, which may be memory: then nothing would be durable.
  const dataDir = mkdtempSync(join(root, '.data-bench-'));
  cleanups.push(() => remove(dataDir));
  cleanups.push(await claimDataDir(dataDir));
  const running = [];
  cleanups.push(async () => {
    for (const server of running.splice(0).reverse()) await server.stop();
  });
  return { dataDir, running };
}

/** Starts a compiled main that stays up; `flags` are Node's. */
export function startMain({ name, file, flags = [], args = [], env, dataDir, running }) {
  const script = join(root, 'dist', file);
  const server = startServer({
    name,
    command: process.execPath,
    args: [...flags, '--enable-source-maps', script, ...args],
    mark: script,
    dataDir,
    env,
    cwd: root,
  });
  running.push(server);
  return server;
}

/** True when a GET of `url` is answered with success. */
export const answersOk = (url) =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );

/** The API as `npm start` runs it, but for Node's flags; ready when it answers at `path`. */
export async function startApi({ name, port, path = '/healthz', env, signal, ...options }) {
  const url = `http://127.0.0.1:${port}`;
  const own = { ...env, API_PORT: String(port), API_URL: url };
  const api = startMain({ name, file: 'api/main.js', env: own, ...options });
  await api.ready(() => answersOk(`${url}${path}`), { signal });
  return { url, pid: api.pid };
}

/** Waits until all of these are up, as `check` says, and stops when one of them ends. */
export async function waitUntilUp(servers, check, { signal, deadline = 60_000 } = {}) {
  const ended = () => servers.find((server) => server.ended);
  const up = await waitFor(async () => Boolean(ended()) || check(), { deadline, signal });
  const dead = ended();
  if (dead) throw new SetupError(`${dead.name} ended at once; ${dead.lastWords()}`);
  if (!up) throw new SetupError(`${servers.map(({ name }) => name).join(', ')} did not come up in time.`);
}

/** Runs a compiled benchmark to its end; what it says is ours to say. */
export function runBenchmark(file, settings, { env, signal }) {
  return run(process.execPath, ['--enable-source-maps', join(root, 'dist', 'bench', file)], {
    cwd: root,
    env: { ...env, BENCH_SETTINGS: JSON.stringify(settings) },
    signal,
    echo: true,
  });
}
