/**
 * Child processes: each in a group of its own, so that Ctrl-C reaches only us and we stop them in order, and
 * known to the guard, so that none outlives us.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './progress.mjs';

const alive = new Set();
let guardInput;

function tellGuard(line) {
  if (!guardInput) {
    const guard = spawn(process.execPath, [fileURLToPath(new URL('./guard.mjs', import.meta.url))], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    guard.unref();
    guardInput = guard.stdin;
    guardInput.on('error', () => {});
    guardInput.unref?.();
  }
  guardInput.write(`${line}\n`);
}

/** Spawns in a group of its own and remembers it until it has ended. */
export function spawnTracked(command, args, { stopSignal = 'SIGTERM', ...options }) {
  const child = spawn(command, args, { ...options, detached: true });
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  if (child.pid) {
    alive.add(child.pid);
    tellGuard(`+${child.pid} ${stopSignal}`);
    void exited.then(() => {
      alive.delete(child.pid);
      tellGuard(`-${child.pid}`);
    });
  }
  return { child, exited };
}

/**
 * Calls `stop` when we are told to stop: on the signals, and when the npm that runs us has gone (the shell
 * between us does not pass its signals on). A second signal does not wait for anything.
 */
export function onStop(stop) {
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    stop();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      if (!asked) return ask();
      killEverything();
      process.exit(130);
    });
  }
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event) return;
  setInterval(() => {
    if (process.ppid !== parent) ask();
  }, 500).unref();
}

/** The last resort. */
export function killEverything() {
  for (const pid of alive) signalGroup(pid, 'SIGKILL');
}

export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Where a program is on the PATH, or undefined. */
export function which(name, path = process.env.PATH ?? '') {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Runs a program to its end; its output is returned, and is in the error when it fails. With `echo` it is ours. */
export async function run(command, args, { signal, input, echo = false, ...options } = {}) {
  signal?.throwIfAborted();
  const ours = echo === 'stderr' ? ['ignore', 'ignore', 'inherit'] : ['ignore', 'inherit', 'inherit'];
  const stdio = echo ? ours : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
  const { child, exited } = spawnTracked(command, args, { ...options, stdio });
  let stdout = '';
  let all = '';
  child.stdout?.on('data', (chunk) => ((stdout += chunk), (all = (all + chunk).slice(-20_000))));
  child.stderr?.on('data', (chunk) => (all = (all + chunk).slice(-20_000)));
  if (input !== undefined) child.stdin.end(input);
  const abort = () => signalGroup(child.pid, 'SIGTERM');
  signal?.addEventListener('abort', abort, { once: true });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const end = await exited;
  // What it wrote last may still be on its way; a server that it started may hold its output open for ever.
  if (!end.error) await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
  if (end.code === 0) return stdout;
  const how = end.error ? end.error.message : end.signal ? `ended by ${end.signal}` : `exit code ${end.code}`;
  const tail = all.trim().split('\n').slice(-15).join('\n');
  throw new SetupError(`${[command, ...args].join(' ').slice(0, 200)}: ${how}${tail ? `\n${tail}` : ''}`);
}

/** The command line of a process that runs, else undefined. */
export async function commandLine(pid) {
  if (!Number.isInteger(pid) || pid < 2) return undefined;
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') || undefined;
    } catch {
      return undefined;
    }
  }
  return (await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => '')).trim() || undefined;
}

export async function waitFor(check, { deadline = 60_000, every = 50, signal } = {}) {
  const until = Date.now() + deadline;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await check();
    if (answer) return answer;
    if (Date.now() > until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
