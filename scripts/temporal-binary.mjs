/**
 * The `temporal` program, which brings the development server: on the PATH, else from our cache, else the
 * official download, else built from the Go module that temporal-config/go.mod pins.
 */
import { accessSync, chmodSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run, which } from './processes.mjs';
import { note, SetupError, step } from './progress.mjs';
import { root } from './settings.mjs';

const module = 'github.com/temporalio/cli';
const serverModule = 'go.temporal.io/server';

export function pinnedVersion(of = module) {
  const mod = readFileSync(join(root, 'temporal-config', 'go.mod'), 'utf8');
  const line = mod.split('\n').find((text) => text.trim().startsWith(`${of} v`));
  return line.trim().slice(`${of} v`.length).split(' ')[0];
}

/** Outlives --fresh and `npm ci`; shared by all copies of one user. */
export function cacheDir() {
  const wanted = [process.env.XDG_CACHE_HOME, join(homedir(), '.cache')].filter(Boolean);
  for (const base of wanted) {
    try {
      const folder = join(base, 'sagatable');
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // Some users have no home directory.
    }
  }
  const folder = join(root, '.data-cache');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What we need, task queue fairness above all, is there from server 1.29 on. */
async function serverVersion(binary, signal) {
  const text = await run(binary, ['--version'], { signal }).catch(() => '');
  signal?.throwIfAborted();
  const [, major, minor] = text.match(/Server (\d+)\.(\d+)/) ?? [];
  return major && (Number(major) > 1 || Number(minor) >= 29) ? text.trim() : undefined;
}

/** Returns what kept it from working, or undefined when `target` is there. */
async function download(version, target, signal) {
  const system = { linux: 'linux', darwin: 'darwin' }[process.platform];
  const cpu = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  if (!system || !cpu) return 'there is none for this system';
  const folder = mkdtempSync(join(cacheDir(), 'download-'));
  // Some networks swallow connections to what they block: the answer must begin soon, the rest may take its time.
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(new Error('no answer within 5 s')), 5_000);
  try {
    const url = `https://temporal.download/cli/archive/v${version}?platform=${system}&arch=${cpu}`;
    const response = await fetch(url, {
      signal: AbortSignal.any(signal ? [signal, slow.signal] : [slow.signal]),
    });
    clearTimeout(timer);
    if (!response.ok) return `the server answered ${response.status}`;
    writeFileSync(join(folder, 'archive.tar.gz'), Buffer.from(await response.arrayBuffer()));
    await run('tar', ['-xzf', 'archive.tar.gz', 'temporal'], { cwd: folder, signal });
    chmodSync(join(folder, 'temporal'), 0o755);
    if (!(await serverVersion(join(folder, 'temporal'), signal))) return 'what came does not run here';
    renameSync(join(folder, 'temporal'), target);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return error.cause?.code ?? error.message;
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds a program of a module that temporal-config/go.mod pins. Returns what kept it from working, as `download`. */
async function build({ program, flags }, target, signal) {
  const go = which('go') ?? ['/usr/local/go/bin/go', '/opt/homebrew/bin/go'].find((file) => existsSync(file));
  if (!go) return 'Go is not installed';
  const folder = mkdtempSync(join(cacheDir(), 'build-'));
  const env = { ...process.env };
  // Without a home directory Go has no place for its own caches.
  if (!existsSync(homedir()))
    Object.assign(env, { GOPATH: join(cacheDir(), 'go'), GOCACHE: join(cacheDir(), 'go-build') });
  try {
    const made = join(folder, 'program');
    const args = ['build', '-ldflags', `-s -w ${flags}`, '-o', made, program];
    await run(go, args, { cwd: join(root, 'temporal-config'), signal, env });
    renameSync(made, target);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return `building it failed: ${error.message}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function find(say, signal) {
  const given = process.env.TEMPORAL_BIN;
  if (given) {
    if (await serverVersion(given, signal)) return given;
    throw new SetupError(
      `TEMPORAL_BIN is ${given}, which is no Temporal CLI with a server of 1.29 or newer.`,
    );
  }
  const onPath = which('temporal');
  if (onPath && (await serverVersion(onPath, signal))) return onPath;
  if (onPath) note(`  … Temporal: ${onPath} is older than server 1.29, so it is not used`);

  const version = pinnedVersion();
  const cached = join(cacheDir(), `temporal-${version}-${process.platform}-${process.arch}`);
  if (existsSync(cached) && (await serverVersion(cached, signal))) return cached;

  say(`downloading ${version}`);
  const notDownloaded = await download(version, cached, signal);
  if (!notDownloaded) return cached;
  say(
    `no download (${notDownloaded}): building ${version} with Go; takes 2 to 6 minutes, once, beside the others`,
  );
  const cli = { program: `${module}/cmd/temporal`, flags: `-X ${module}/temporalcli.Version=${version}` };
  const notBuilt = await build(cli, cached, signal);
  if (!notBuilt) return cached;
  throw new SetupError(
    `Temporal could not be had: no download (${notDownloaded}), and ${notBuilt}. Install the Temporal CLI ` +
      '(docs.temporal.io/cli) or Go (go.dev), or set TEMPORAL_ADDRESS to a server of yours.',
  );
}

/** The path of the program. */
export async function ensureTemporalBinary({ signal } = {}) {
  const result = await step('Temporal program', async (say) => {
    const binary = await find(say, signal);
    return { binary, detail: binary };
  });
  return result.binary;
}

/** The server as production runs it and the tool for its tables: {server, tool}, as paths. There is no download of them. */
export function ensureServerPrograms({ signal } = {}) {
  return step('Temporal server', async (say) => {
    const version = pinnedVersion(serverModule);
    const wanted = { server: 'cmd/server', tool: 'cmd/tools/sql' };
    const paths = {};
    for (const [name, folder] of Object.entries(wanted)) {
      paths[name] = join(cacheDir(), `temporal-${name}-${version}-${process.platform}-${process.arch}`);
      if (existsSync(paths[name])) continue;
      say(`building its ${name} ${version} with Go; takes some minutes, once`);
      const notBuilt = await build({ program: `${serverModule}/${folder}`, flags: '' }, paths[name], signal);
      if (notBuilt) throw new SetupError(`Temporal's ${name} could not be had: ${notBuilt}.`);
    }
    return { ...paths, detail: version };
  });
}
