/** `npm start`: sets up what is missing, starts everything, prints where it is, and stops it on Ctrl-C. */
import { appEnvironment, checkConnections, keepUp, runMain, waitForApi } from './app.mjs';
import { ensureBuild } from './build.mjs';
import { claimDataDir } from './data-dir.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { requireFree } from './ports.mjs';
import { onStop, run } from './processes.mjs';
import { elapsed, note, reportFailure, SetupError, step, together } from './progress.mjs';
import { ensureSample, startBlock } from './sample.mjs';
import { portsNeeded, startServers } from './servers.mjs';
import { loadDotEnv, readSettings, requireNode, root } from './settings.mjs';

const help = `npm start [-- FLAGS]

Sets up what is missing and starts Sagatable with a sample base. Ctrl-C stops it; the data stays.

  --fresh   begin anew: deletes what is in DATA_DIR (.data) first
  --demo    also run the main job once by itself, print what happened, stop, and exit 0 or 1
  --help    this text

Ports and addresses are environment variables, listed in .env.example.
`;

function readFlags(args) {
  const known = ['--fresh', '--demo', '--help'];
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown) throw new SetupError(`"${unknown}" is not a flag of npm start. It has: ${known.join(', ')}.`);
  return { fresh: args.includes('--fresh'), demo: args.includes('--demo'), help: args.includes('--help') };
}

async function start(flags, signal, cleanups) {
  const { dataDir, ports } = readSettings();
  const env = process.env;
  const release = await claimDataDir(dataDir, { fresh: flags.fresh });
  cleanups.push(release);
  await requireFree(ports, ['api', ...portsNeeded(env)]);

  const failing = new AbortController();
  const setup = AbortSignal.any([signal, failing.signal]);
  const dependencies = ensureDependencies({ signal: setup });
  const starting = startServers({ dataDir, ports, env, dependencies, signal: setup });
  cleanups.push(() => starting.then((servers) => servers.stop()).catch(() => {}));
  const built = dependencies.then(() => ensureBuild({ signal: setup }));
  const [servers] = await together(failing, [starting, built]);

  const appEnv = appEnvironment({ env, servers, dataDir, ports });
  await checkConnections(servers.databaseUrl, env);
  await step('Migrations', async () => {
    const said = await runMain('services/database/migrate-main.js', { env: appEnv, signal });
    return said.trim().split('\n').pop() || 'done';
  });
  const worker = keepUp({ name: 'worker', file: 'workers/main.js', env: appEnv, dataDir });
  cleanups.push(() => worker.stop());
  const api = keepUp({ name: 'api', file: 'api/main.js', env: appEnv, dataDir });
  cleanups.push(() => api.stop());
  await waitForApi(api, worker, ports.api, signal);
  const sample = await Promise.race([
    ensureSample({ env: appEnv, dataDir, signal }),
    api.failed,
    worker.failed,
  ]);
  api.settle();
  worker.settle();
  for (const server of servers.running) {
    void server.exited.then(() => {
      if (!signal.aborted && !flags.demo)
        note(`${server.name} has ended by itself; see ${server.logFile}, and start again.`);
    });
  }

  note(`  ✓ All up after ${elapsed()}`);
  process.stdout.write(`${startBlock({ sample, env, ports, servers, worker, dataDir })}\n`);
  if (!flags.demo) return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)));
  const main = ['--enable-source-maps', 'dist/workers/demo-main.js'];
  try {
    await run(process.execPath, main, { cwd: root, env: appEnv, echo: true, signal });
    return 0;
  } catch (error) {
    signal.throwIfAborted();
    note(`The demo did not succeed: ${error.message}`);
    return 1;
  }
}

const controller = new AbortController();
const cleanups = [];
try {
  requireNode();
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) {
    process.stdout.write(help);
  } else {
    loadDotEnv();
    onStop(() => {
      note('\nStopping (Ctrl-C again to kill) …');
      controller.abort(new SetupError('stopped'));
    });
    process.exitCode = await start(flags, controller.signal, cleanups);
  }
} catch (error) {
  if (controller.signal.aborted) {
    process.exitCode = 130;
  } else {
    reportFailure(error);
    process.exitCode = 1;
  }
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
  if (cleanups.length > 0) note('Stopped; the data is kept.');
}
process.exit();
