/**
 * The data directory: made, marked as ours, held by one starter at a time, emptied by --fresh, and rid of
 * servers that a starter which was killed has left behind. Its secrets are generated once.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { accessSync, constants, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { note, SetupError } from './progress.mjs';
import { commandLine, signalGroup, waitFor } from './processes.mjs';

const marker = '.sagatable-data';

export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Written whole or not at all, and for nobody else to read. */
export function writePrivate(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
}

/** The same process as when the pid file was written, not another one that got its number since. */
async function stillRuns({ pid, mark } = {}) {
  const line = await commandLine(pid);
  return Boolean(line && mark && line.includes(mark));
}

async function stopLeftovers(dataDir) {
  const folder = join(dataDir, 'pids');
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const entry = readJson(join(folder, file));
    if (await stillRuns(entry)) {
      note(`  … stopping ${file.replace('.json', '')} (pid ${entry.pid}), left behind by an earlier start`);
      try {
        process.kill(entry.pid, entry.stopSignal);
      } catch (error) {
        if (error.code === 'EPERM') throw notOurs(dataDir);
      }
      const gone = await waitFor(async () => !(await stillRuns(entry)), { deadline: 15_000 });
      if (!gone) signalGroup(entry.pid, 'SIGKILL');
    }
    rmSync(join(folder, file), { force: true });
  }
}

const notOurs = (dataDir) =>
  new SetupError(
    `${dataDir} belongs to another user: run as that user, or set DATA_DIR to a folder of your own.`,
  );

function empty(dataDir) {
  const postgres = join(dataDir, 'postgres');
  // Run as root, PostgreSQL's files may lie elsewhere, behind a link (see postgres-place.mjs).
  if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
  for (const entry of readdirSync(dataDir)) {
    if (entry !== marker && entry !== 'starter.json')
      rmSync(join(dataDir, entry), { recursive: true, force: true });
  }
}

/** Makes the directory ours for as long as this process runs; returns what gives it back. */
export async function claimDataDir(dataDir, { fresh = false } = {}) {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch {
    throw notOurs(dataDir);
  }
  if (!existsSync(join(dataDir, marker))) {
    if (readdirSync(dataDir).length > 0) {
      throw new SetupError(
        `${dataDir} has files in it that are not Sagatable's: set DATA_DIR to an empty folder.`,
      );
    }
    writeFileSync(join(dataDir, marker), 'Made by Sagatable. `npm start -- --fresh` empties this folder.\n');
  }
  // As root, PostgreSQL runs as another user, who must be able to pass through.
  chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);

  const lock = join(dataDir, 'starter.json');
  const holder = readJson(lock);
  if (holder && holder.pid !== process.pid && (await stillRuns(holder))) {
    throw new SetupError(
      `Sagatable already runs on ${dataDir} (pid ${holder.pid}): stop it first, ` +
        'or set DATA_DIR and the ports to run a second copy.',
    );
  }
  rmSync(lock, { force: true });
  const mark = (process.argv[1] ?? '').split('/').pop();
  try {
    writeFileSync(lock, JSON.stringify({ pid: process.pid, mark }), { flag: 'wx' });
  } catch {
    throw new SetupError(`Sagatable is being started on ${dataDir} by another process at this moment.`);
  }
  await stopLeftovers(dataDir);
  if (fresh) empty(dataDir);
  return () => rmSync(lock, { force: true });
}

/** Passwords and keys of this copy: made at the first start, kept, and added to when a new one is needed. */
export function ensureSecrets(dataDir) {
  const file = join(dataDir, 'secrets.json');
  const kept = readJson(file);
  if (!kept && existsSync(file))
    throw new SetupError(`${file} cannot be read: restore it, or begin anew with --fresh.`);
  const make = (bytes) => randomBytes(bytes).toString('base64url');
  const secrets = {
    JWT_SECRET: make(48),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    POSTGRES_ADMIN_PASSWORD: make(24),
    POSTGRES_PASSWORD: make(24),
    REDIS_PASSWORD: make(24),
    ...kept,
  };
  if (JSON.stringify(secrets) !== JSON.stringify(kept)) writePrivate(file, secrets);
  return secrets;
}
