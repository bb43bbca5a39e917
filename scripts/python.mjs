/**
 * A Python that has pyairtable, for tests/clients: a virtual environment in our cache, made of the packages that
 * tests/clients/pyairtable/requirements.txt pins. pip's own configuration says where they come from.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from './packages.mjs';
import { run, which } from './processes.mjs';
import { note, SetupError, step } from './progress.mjs';
import { root } from './settings.mjs';
import { cacheDir } from './temporal-binary.mjs';

/** The oldest that the pinned packages run on. */
const OLDEST = 10;
const requirements = join(root, 'tests', 'clients', 'pyairtable', 'requirements.txt');
const names = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const question =
  'import ensurepip, sys, venv; print(sys.version_info.major, sys.version_info.minor, sys.platform)';

/** The first Python on the PATH that is new enough and can make virtual environments. */
async function findPython(signal) {
  for (const path of names.map((name) => which(name)).filter(Boolean)) {
    const said = await run(path, ['-c', question], { signal }).catch(() => signal?.throwIfAborted());
    const [major, minor] = (said ?? '').trim().split(' ').map(Number);
    if (major === 3 && minor >= OLDEST) return { path, tag: said.trim().replaceAll(' ', '.') };
  }
  return undefined;
}

const pythonIn = (folder) => join(folder, 'bin', 'python');

/** False too for one whose Python has been removed from the machine since. */
async function works(folder, signal) {
  if (!existsSync(pythonIn(folder))) return false;
  return run(pythonIn(folder), ['-c', 'import pyairtable, pytest'], { signal }).then(
    () => true,
    () => (signal?.throwIfAborted(), false),
  );
}

/** Built beside and moved in place, so that what is there is whole and two runs at once do no harm. */
async function build(python, target, signal) {
  const folder = mkdtempSync(join(cacheDir(), 'python-'));
  const options = { signal, cwd: folder };
  try {
    await run(python, ['-m', 'venv', folder], options);
    const install = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
    install.push('--require-hashes', '--only-binary', ':all:', '--requirement', requirements);
    await run(pythonIn(folder), install, options);
    if (await works(target, signal)) return;
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(await works(target, signal))) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const lastLine = (error) => error.message.trim().split('\n').pop();

async function find(say, signal) {
  let python = await findPython(signal);
  let why = '';
  if (!python) {
    await installPackage('python', { say, signal }).catch((error) => {
      signal?.throwIfAborted();
      why = ` (its installation failed: ${lastLine(error)})`;
    });
    python = await findPython(signal);
  }
  if (!python) {
    throw new SetupError(
      `Python 3.${OLDEST} or newer with its venv module is missing${why}: install it (Debian, Ubuntu: ` +
        'apt-get install python3 python3-venv; macOS: brew install python).',
    );
  }
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(cacheDir(), `pyairtable-${digest}-${python.tag}-${process.arch}`);
  if (await works(folder, signal)) return pythonIn(folder);
  say('installing pyairtable and pytest; takes about half a minute, once, beside the others');
  await build(python.path, folder, signal).catch((error) => {
    signal?.throwIfAborted();
    throw new SetupError(`pyairtable could not be installed with pip: ${lastLine(error)}`);
  });
  return pythonIn(folder);
}

/**
 * {path}, or {missing} with the reason: on a developer's machine the suite is then left out, while
 * continuous integration, where nobody reads notes, fails.
 */
export async function ensurePython({ signal } = {}) {
  try {
    return await step('Python with pyairtable', async (say) => {
      const path = await find(say, signal);
      return { path, detail: path };
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (process.env.CI || !(error instanceof SetupError)) throw error;
    note(`  … Python with pyairtable: ${error.message}`);
    return { missing: error.message };
  }
}
