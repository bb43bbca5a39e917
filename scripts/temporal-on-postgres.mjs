/** Temporal as in production, with its data in PostgreSQL, from the programs that temporal-config/go.mod pins; for measuring. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSecrets } from './data-dir.mjs';
import { answers, freePorts } from './ports.mjs';
import { startPostgres, query } from './postgres.mjs';
import { run, waitFor } from './processes.mjs';
import { SetupError, step } from './progress.mjs';
import { startServer } from './server-process.mjs';
import { root } from './settings.mjs';
import { ensureServerPrograms, ensureTemporalBinary } from './temporal-binary.mjs';

/** As docker-compose.yml has them. */
const SHARDS = 512;
const CONNECTIONS = 10;
const VISIBILITY_CONNECTIONS = 5;
const STORES = { temporal: 'temporal', temporal_visibility: 'visibility' };

/** The databases and their tables, by the server's own tool. */
async function makeDatabases({ tool, port, adminUrl, user, password, signal }) {
  await query(adminUrl, `CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  for (const [database, schema] of Object.entries(STORES)) {
    await query(adminUrl, `CREATE DATABASE ${database} OWNER ${user}`);
    const common = ['--plugin', 'postgres12', '--endpoint', '127.0.0.1', '--port', String(port)];
    // By the environment: a command line can be read by every user.
    const env = { ...process.env, SQL_USER: user, SQL_PASSWORD: password };
    const ask = (...args) => run(tool, [...common, '--database', database, ...args], { env, signal });
    await ask('setup-schema', '--version', '0.0');
    await ask('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

/** So many ports that nothing answers on, below those that freePorts gives: the table of members keeps them as a smallint. */
async function lowPorts(count) {
  const found = [];
  for (let port = 20_000 + (process.pid % 10_000); found.length < count && port < 32_768; port++)
    if (!(await answers(port))) found.push(port);
  return found;
}

async function configOf({ port, user, password, postgres }) {
  const { stringify } = await import('yaml');
  const names = ['frontend', 'matching', 'history', 'worker'];
  const inner = await freePorts(['matching', 'history', 'worker']);
  const members = await lowPorts(names.length);
  const store = (databaseName, connections) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${postgres}`,
      connectProtocol: 'tcp',
      user,
      password,
      maxConns: connections,
      maxIdleConns: connections,
      maxConnLifetime: '1h',
    },
  });
  const rpc = (name) => ({
    rpc: {
      grpcPort: name === 'frontend' ? port : inner[name],
      membershipPort: members[names.indexOf(name)],
      bindOnLocalHost: true,
    },
  });
  const active = {
    enabled: true,
    initialFailoverVersion: 1,
    rpcName: 'frontend',
    rpcAddress: `127.0.0.1:${port}`,
  };
  return stringify({
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: SHARDS,
      datastores: {
        main: store('temporal', CONNECTIONS),
        visibility: store('temporal_visibility', VISIBILITY_CONNECTIONS),
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(names.map((name) => [name, rpc(name)])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: { active },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: {
      filepath: join(root, 'temporal-config', 'production.yaml'),
      pollInterval: '60s',
    },
  });
}

async function makeNamespace(cli, address, signal) {
  const create = [
    'operator',
    'namespace',
    'create',
    '-n',
    'default',
    '--retention',
    '720h',
    '--address',
    address,
  ];
  let last;
  const made = await waitFor(
    () =>
      run(cli, create, { signal }).then(
        () => true,
        (error) => {
          last = error;
          return /already exists/i.test(error.message);
        },
      ),
    { deadline: 60_000, every: 500, signal },
  );
  if (!made) throw new SetupError(`Temporal's namespace could not be made. ${last?.message}`);
  // Its frontend learns of a new namespace after a while.
  const describe = ['workflow', 'list', '-n', 'default', '--limit', '1', '--address', address];
  const known = () =>
    run(cli, describe, { signal }).then(
      () => true,
      () => false,
    );
  if (!(await waitFor(known, { deadline: 60_000, every: 500, signal })))
    throw new SetupError('Temporal does not come to know its namespace.');
}

/**
 * Starts PostgreSQL and a Temporal server on it, both added to `running`, and returns what startServers is to be given for
 * them: DATABASE_URL and TEMPORAL_ADDRESS. Takes some minutes the first time, to build the server with Go.
 */
export async function startOnPostgres({ dataDir, ports, running, signal }) {
  const secrets = ensureSecrets(dataDir);
  const { server: program, tool } = await ensureServerPrograms({ signal });
  const cli = await ensureTemporalBinary({ signal });
  const { databaseUrl } = await startPostgres({
    dataDir,
    port: ports.postgres,
    secrets,
    durable: true,
    signal,
    running,
  });
  const address = await step('Temporal on PostgreSQL', async () => {
    const login = { user: 'temporal', password: secrets.POSTGRES_PASSWORD };
    const admin = new URL(databaseUrl);
    Object.assign(admin, {
      username: 'postgres',
      password: secrets.POSTGRES_ADMIN_PASSWORD,
      pathname: '/postgres',
    });
    await makeDatabases({ tool, port: ports.postgres, adminUrl: admin.href, ...login, signal });
    const folder = join(dataDir, 'temporal');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const config = await configOf({ port: ports.temporal, postgres: ports.postgres, ...login });
    writeFileSync(join(folder, 'measured.yaml'), config, { mode: 0o600 });
    const server = startServer({
      name: 'temporal',
      command: program,
      args: ['--root', folder, '--config', '.', '--env', 'measured', '--allow-no-auth', 'start'],
      mark: folder,
      dataDir,
      cwd: folder,
    });
    running.push(server);
    await server.ready(() => answers(ports.temporal), { deadline: 120_000, signal });
    await makeNamespace(cli, `127.0.0.1:${ports.temporal}`, signal);
    return { detail: `on port ${ports.temporal}, ${SHARDS} shards`, address: `127.0.0.1:${ports.temporal}` };
  });
  return { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: address.address };
}
