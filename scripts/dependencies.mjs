/** Installs the npm packages when what is installed is not what package-lock.json says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from './processes.mjs';
import { SetupError, step } from './progress.mjs';
import { root } from './settings.mjs';

const packagesOf = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
};

/** npm writes down what it has installed as its last act, so a broken install counts as none. */
function installed() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional, link }]) =>
      path === '' || link || (present[path] ? present[path].version === version : optional || devOptional),
  );
}

export function ensureDependencies({ signal } = {}) {
  return step('Packages', async (say) => {
    if (installed()) return 'up to date';
    const npm = which('npm');
    if (!npm) throw new SetupError('npm is not on the PATH: it comes with Node.js, from nodejs.org.');
    say('npm ci; takes about a minute the first time');
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev'];
    await run(npm, args, { cwd: root, signal }).catch((error) => {
      signal?.throwIfAborted();
      throw new SetupError(`The packages could not be installed. ${error.message}`);
    });
    return 'installed';
  });
}
