/** Installs a program with the system's package manager, where this user may do that without being asked. */
import { spawnSync } from 'node:child_process';
import { run, which } from './processes.mjs';

/** How each package manager installs, and what it calls what we need. */
const managers = {
  'apt-get': {
    refresh: ['update', '-qq'],
    install: ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'],
    names: { redis: 'redis-server', chromium: 'chromium', python: 'python3-venv' },
  },
  apk: { install: ['add', '--no-cache'], names: { redis: 'redis', chromium: 'chromium', python: 'python3' } },
  dnf: {
    install: ['install', '-y', '-q'],
    names: { redis: 'redis', chromium: 'chromium', python: 'python3' },
  },
  brew: {
    install: ['install', '--quiet'],
    names: { redis: 'redis', chromium: 'chromium', python: 'python' },
  },
};

/** How to run as root: directly, with a sudo that does not ask, or not at all (undefined). */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  const sudo = which('sudo');
  return sudo && spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? [sudo, '-n'] : undefined;
}

// One at a time: package managers lock themselves.
let last = Promise.resolve();

/** True when it was installed, false when there is no package manager that we may use. */
export function installPackage(what, { say, signal }) {
  const mine = last.then(() => install(what, { say, signal }));
  last = mine.catch(() => {});
  return mine;
}

async function install(what, { say, signal }) {
  const found = Object.keys(managers).find((name) => which(name));
  if (!found) return false;
  const prefix = found === 'brew' ? [] : asRoot();
  if (!prefix) return false;
  const { refresh, install, names } = managers[found];
  const call = (args) => {
    const [command, ...rest] = [...prefix, which(found), ...args];
    return run(command, rest, { signal, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  };
  say(`installing ${names[what]} with ${found}; takes about a minute, beside the others`);
  if (refresh) await call(refresh).catch(() => signal?.throwIfAborted());
  await call([...install, names[what]]);
  // Debian starts a server that it installs; ours is to be the only one, on our port and with our data.
  if (what === 'redis' && found === 'apt-get' && which('systemctl')) {
    const [command, ...rest] = [...prefix, which('systemctl'), 'disable', '--now', 'redis-server'];
    await run(command, rest, { signal }).catch(() => signal?.throwIfAborted());
  }
  return true;
}
