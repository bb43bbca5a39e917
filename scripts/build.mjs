/** Compiles the TypeScript sources to dist/, only when one of them has changed since. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './processes.mjs';
import { SetupError, step } from './progress.mjs';
import { root } from './settings.mjs';

const dist = join(root, 'dist');
const stamp = join(dist, '.digest');

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (/\.(ts|json)$/.test(entry.name)) yield path;
  }
}

function digest() {
  const hash = createHash('sha256');
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  const sources = config.include.map((room) => join(root, room)).filter((room) => existsSync(room));
  const all = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name));
  for (const room of sources) all.push(...files(room));
  for (const file of all.sort())
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

const current = () => (existsSync(stamp) ? readFileSync(stamp, 'utf8') : '');

export function ensureBuild({ signal } = {}) {
  return step('Build', async (say) => {
    const wanted = digest();
    if (current() === wanted) return 'up to date';
    say('compiling; takes about half a minute');
    // Built beside and moved in place: what runs from dist/ keeps its files, and an error leaves the old ones.
    const next = join(root, `.data-build-${process.pid}`);
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [
      tsc,
      '-p',
      'tsconfig.build.json',
      '--outDir',
      next,
      '--incremental',
      'false',
      '--noEmitOnError',
    ];
    try {
      // Incremental information is turned off with its file: it would describe another folder.
      await run(process.execPath, [...args, '--tsBuildInfoFile', 'null'], { cwd: root, signal });
      await run(process.execPath, [join(next, 'workers', 'bundle-main.js')], { cwd: root, signal });
      rmSync(dist, { recursive: true, force: true });
      renameSync(next, dist);
      // The workflows in one file, so that a worker need not bundle them at each of its starts.
      const bundle = join(dist, 'workers', 'bundle-main.js');
      await run(process.execPath, [bundle], { cwd: root, signal });
      writeFileSync(stamp, wanted);
    } catch (error) {
      signal?.throwIfAborted();
      if (current() === wanted) return 'done by another start';
      throw error instanceof SetupError ? new SetupError(`The build failed. ${error.message}`) : error;
    } finally {
      rmSync(next, { recursive: true, force: true });
    }
    return 'compiled to dist/';
  });
}
