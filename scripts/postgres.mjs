/** PostgreSQL: the one DATABASE_URL names, else the embedded 16 with its data in the data directory. */
import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine, run } from './processes.mjs';
import { startServer } from './server-process.mjs';
import { SetupError, step } from './progress.mjs';
import { placePostgres } from './postgres-place.mjs';

const role = 'sagatable';
const database = 'sagatable';

async function connect(connectionString) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** One query's rows, over a connection of its own. */
export async function query(connectionString, text, values) {
  const client = await connect(connectionString);
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Creates the cluster beside its place and moves it there: one that was interrupted is not taken for whole. */
async function initialise({ bin, data, ids }, password, signal) {
  const next = `${data}.new`;
  const passwordFile = join(next, 'password');
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (ids.uid) for (const path of [next, passwordFile]) chownSync(path, ids.uid, ids.gid);
  const pgdata = join(next, 'data');
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=und'];
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const args = ['-D', pgdata, '--no-sync', ...locale, ...access];
  await run(join(bin, 'initdb'), args, {
    ...ids,
    cwd: dirname(next),
    signal,
    env: { ...process.env, TZ: 'UTC' },
  });
  rmSync(passwordFile);
  renameSync(next, data);
}

/** A pid file that a killed server left behind may name a process that is now something else. */
async function dropStalePidFile(pgdata) {
  const file = join(pgdata, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const line = await commandLine(pid);
  if (line?.includes('postgres')) {
    throw new SetupError(`A PostgreSQL (pid ${pid}) still runs on ${pgdata}: stop it with kill -INT ${pid}.`);
  }
  rmSync(file, { force: true });
}

/** The login and database of the application: no superuser; migrations make the roles that it works as. */
async function ensureDatabase(admin, password) {
  const client = await connect(admin);
  try {
    const { rows } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    const verb = rows.length ? 'ALTER' : 'CREATE';
    await client.query(
      `${verb} ROLE ${role} LOGIN CREATEDB CREATEROLE PASSWORD ${client.escapeLiteral(password)}`,
    );
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rows.length === 0) await client.query(`CREATE DATABASE ${database} OWNER ${role}`);
  } finally {
    await client.end();
  }
}

async function embedded({ dataDir, port, secrets, durable, signal, running, say }) {
  const place = placePostgres(dataDir);
  const pgdata = join(place.data, 'data');
  if (!existsSync(join(pgdata, 'PG_VERSION'))) {
    say('creating the database; takes a few seconds');
    await initialise(place, secrets.POSTGRES_ADMIN_PASSWORD, signal);
  }
  await dropStalePidFile(pgdata);
  const flags = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200' };
  Object.assign(flags, {
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    password_encryption: 'scram-sha-256',
  });
  // Tests throw their data away; what a start keeps survives a power cut.
  if (!durable) Object.assign(flags, { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
  const args = ['-D', pgdata, '-p', String(port)];
  for (const [name, value] of Object.entries(flags)) args.push('-c', `${name}=${value}`);
  signal?.throwIfAborted();
  const server = startServer({
    name: 'postgres',
    command: join(place.bin, 'postgres'),
    args,
    mark: pgdata,
    dataDir,
    stopSignal: 'SIGINT',
    cwd: '/',
    ...place.ids,
  });
  running.push(server);
  const url = (user, password, db) => `postgresql://${user}:${password}@127.0.0.1:${port}/${db}`;
  const admin = url('postgres', secrets.POSTGRES_ADMIN_PASSWORD, 'postgres');
  let refused;
  await server.ready(
    () =>
      query(admin, 'SELECT 1').then(
        () => true,
        (error) => {
          refused = error.code === '28P01' ? error : undefined;
          return Boolean(refused);
        },
      ),
    { signal },
  );
  if (refused) {
    throw new SetupError(
      `${dataDir}/secrets.json is not the one this database was made with: begin anew with --fresh.`,
    );
  }
  await ensureDatabase(admin, secrets.POSTGRES_PASSWORD);
  return url(role, secrets.POSTGRES_PASSWORD, database);
}

export function startPostgres({ url, port, ...options }) {
  return step('PostgreSQL', async (say) => {
    if (!url) {
      const databaseUrl = await embedded({ ...options, port, say });
      return { databaseUrl, detail: `16, on port ${port}` };
    }
    const [row] = await query(url, 'SHOW server_version').catch((error) => {
      throw new SetupError(`DATABASE_URL is set, but PostgreSQL cannot be reached there: ${error.message}`);
    });
    return { databaseUrl: url, detail: `${row.server_version}, from DATABASE_URL` };
  });
}
