/** A server: a child process with its output in a log file and its pid, for a later start, in a pid file. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signalGroup, spawnTracked, waitFor } from './processes.mjs';
import { SetupError } from './progress.mjs';

/** The last lines of a log, of those written since it had `from` bytes. */
function tailOf(file, from, lines = 12) {
  try {
    return readFileSync(file).subarray(from).toString().trim().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

/**
 * Starts a server. `mark` is a text of its command line that nothing else has: by it a later start knows
 * whether a pid that was left behind is still this server.
 */
export function startServer({ name, command, args, mark, dataDir, stopSignal = 'SIGTERM', ...options }) {
  mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, 'logs', `${name}.log`);
  if (existsSync(logFile) && statSync(logFile).size > 10_000_000) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  const begin = fstatSync(log).size;
  const { child, exited } = spawnTracked(command, args, {
    ...options,
    stopSignal,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const pidFile = join(dataDir, 'pids', `${name}.json`);
  if (child.pid) {
    mkdirSync(join(dataDir, 'pids'), { recursive: true, mode: 0o700 });
    writeFileSync(pidFile, JSON.stringify({ pid: child.pid, mark, stopSignal }));
  }
  const server = { name, pid: child.pid, logFile, exited, ended: undefined };
  /** Starts the same anew, once this one has ended. */
  server.again = () => startServer({ name, command, args, mark, dataDir, stopSignal, ...options });
  server.lastWords = () => `the end of its log (${logFile}):\n${tailOf(logFile, begin)}`;
  void exited.then((end) => {
    server.ended = end;
    rmSync(pidFile, { force: true });
  });
  /** Asks it to stop, and after `grace` no longer asks. */
  server.stop = async (grace = 10_000) => {
    if (!server.ended && child.pid) {
      child.kill(stopSignal);
      const force = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), grace);
      await exited;
      clearTimeout(force);
    }
  };
  /** Waits until `check` is true; an end before that, or no answer in time, is an error with its last words. */
  server.ready = async (check, { deadline = 60_000, signal } = {}) => {
    const answer = await waitFor(async () => (server.ended ? 'ended' : (await check()) && 'ready'), {
      deadline,
      signal,
    });
    if (answer === 'ready') return;
    const what = answer === 'ended' ? 'ended at once' : `gave no answer within ${deadline / 1000} s`;
    throw new SetupError(`${name} ${what}; ${server.lastWords()}`);
  };
  return server;
}
