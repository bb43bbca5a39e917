/** Sagatable's own processes: run to the end (migrations, sample), or kept up until we stop (API, worker). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.mjs';
import { startServer } from './server-process.mjs';
import { note, SetupError, step } from './progress.mjs';
import { query } from './postgres.mjs';
import { root } from './settings.mjs';

/** The environment that api, worker and the one-time mains have in common. */
export function appEnvironment({ env, servers, dataDir, ports }) {
  const { JWT_SECRET, ENCRYPTION_KEYS } = servers.secrets;
  const uiUrl = servers.temporalUiUrl ? { TEMPORAL_UI_URL: servers.temporalUiUrl } : {};
  return {
    ...env,
    ...uiUrl,
    JWT_SECRET: env.JWT_SECRET || JWT_SECRET,
    ENCRYPTION_KEYS: env.ENCRYPTION_KEYS || ENCRYPTION_KEYS,
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    API_PORT: String(ports.api),
    API_URL: env.API_URL || `http://localhost:${ports.api}`,
    DATA_DIR: dataDir,
    SAMPLE_FILE: join(dataDir, 'sample.json'),
  };
}

/** Connections of a process besides its pool (services/database/database.ts: look-ups). */
const BESIDES_POOL = 2;

/** Pool size × processes and what tools and tests need stay under 80 % of what PostgreSQL allows. */
export async function checkConnections(databaseUrl, env, processes = 2) {
  const [row] = await query(databaseUrl, 'SHOW max_connections');
  const allowed = Number(row.max_connections);
  const pool = Number(env.DATABASE_POOL || 10);
  const wanted = (pool + BESIDES_POOL) * processes + 20;
  if (wanted < allowed * 0.8) return;
  throw new SetupError(
    `PostgreSQL allows ${allowed} connections, and ${processes} processes with a pool of ${pool}, with 20 for ` +
      `everything else, want ${wanted}, more than 80 % of them: lower DATABASE_POOL or raise max_connections.`,
  );
}

/** Runs a compiled main to its end and returns what it said on stdout. */
export function runMain(file, options) {
  return run(process.execPath, ['--enable-source-maps', join(root, 'dist', file)], { cwd: root, ...options });
}

/**
 * Starts a compiled main and starts it again when it dies, a little later each time. Before `settle()` a
 * death is an error instead: something is wrong with the set-up, and trying again would hide it.
 */
export function keepUp({ name, file, env, dataDir }) {
  const command = process.execPath;
  const script = join(root, 'dist', file);
  const args = ['--enable-source-maps', script];
  let stopping = false;
  let settled = false;
  let delay = 1_000;
  let timer;
  const kept = { name, pid: undefined, server: undefined };
  let fail;
  kept.failed = new Promise((_resolve, reject) => (fail = reject));
  kept.failed.catch(() => {});

  const start = () => {
    const begun = Date.now();
    const server = startServer({ name, command, args, mark: script, dataDir, env, cwd: root });
    kept.server = server;
    kept.pid = server.pid;
    if (server.pid) writeFileSync(join(dataDir, `${name}.pid`), `${server.pid}\n`);
    void server.exited.then(({ code, signal, error }) => {
      if (stopping) return;
      const how = error ? error.message : signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      if (!settled) {
        fail(new SetupError(`The ${name} ${how}; ${server.lastWords()}`));
        return;
      }
      if (Date.now() - begun > 60_000) delay = 1_000;
      note(
        `The ${name} (pid ${server.pid}) ${how}; it is started again in ${delay / 1000} s. Log: ${server.logFile}`,
      );
      timer = setTimeout(() => {
        start();
        note(`The ${name} is back, with pid ${kept.pid}.`);
      }, delay);
      delay = Math.min(delay * 2, 30_000);
    });
  };
  kept.settle = () => (settled = true);
  kept.stop = async () => {
    stopping = true;
    clearTimeout(timer);
    await kept.server.stop(12_000);
  };
  start();
  return kept;
}

/** Waits until the API says that it can serve. */
export function waitForApi(api, worker, port, signal) {
  return step('API and worker', async () => {
    const url = `http://127.0.0.1:${port}/readyz`;
    const ready = () =>
      fetch(url, { signal: AbortSignal.timeout(2_000) })
        .then((r) => r.ok)
        .catch(() => false);
    await Promise.race([api.server.ready(ready, { deadline: 90_000, signal }), api.failed, worker.failed]);
    return `up (pids ${api.pid} and ${worker.pid})`;
  });
}
