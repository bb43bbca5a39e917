/** Redis: the one REDIS_URL names, else a redis-server of this machine with its data in the data directory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { installPackage } from './packages.mjs';
import { which } from './processes.mjs';
import { startServer } from './server-process.mjs';
import { SetupError, step } from './progress.mjs';

const findServer = () => which('redis-server') ?? which('valkey-server');

async function ensureServer(options) {
  if (findServer()) return findServer();
  let why = '';
  try {
    await installPackage('redis', options);
  } catch (error) {
    options.signal?.throwIfAborted();
    why = ` (its installation failed: ${error.message.split('\n').pop()})`;
  }
  const found = findServer();
  if (found) return found;
  throw new SetupError(
    `Redis is missing${why}: install redis-server (Debian, Ubuntu: apt-get install redis-server; ` +
      'macOS: brew install redis), or set REDIS_URL to one of yours.',
  );
}

/** True when Redis takes the password and answers; false while it is not there yet. */
function pings(port, password) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.includes('+PONG')) end(true);
      else if (text.includes('-')) end(false);
    });
  });
}

/** The password goes through a file: a command line can be read by every user. */
function writeConfig(dataDir, port, secrets) {
  const folder = join(dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${secrets.REDIS_PASSWORD}`,
  ];
  lines.push(
    `dir "${folder}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
  );
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

async function checkExternal(url) {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  });
  let cause;
  client.on('error', (error) => (cause = error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw new SetupError(`REDIS_URL is set, but Redis cannot be reached there: ${(cause ?? error).message}`);
  } finally {
    client.disconnect();
  }
}

export function startRedis({ url, dataDir, port, secrets, signal, running, dependencies }) {
  return step('Redis', async (say) => {
    if (url) {
      await dependencies;
      await checkExternal(url);
      return { redisUrl: url, detail: 'from REDIS_URL' };
    }
    const command = await ensureServer({ say, signal });
    const config = writeConfig(dataDir, port, secrets);
    signal?.throwIfAborted();
    // Redis rewrites its own command line to "redis-server ADDRESS:PORT".
    const mark = `127.0.0.1:${port}`;
    const server = startServer({ name: 'redis', command, args: [config], mark, dataDir, cwd: dataDir });
    running.push(server);
    await server.ready(() => pings(port, secrets.REDIS_PASSWORD), { signal });
    return { redisUrl: `redis://:${secrets.REDIS_PASSWORD}@127.0.0.1:${port}/0`, detail: `on port ${port}` };
  });
}
