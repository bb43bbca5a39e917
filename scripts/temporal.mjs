/** Temporal: the server TEMPORAL_ADDRESS names, else the development server with its SQLite file. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers } from './ports.mjs';
import { run, waitFor } from './processes.mjs';
import { startServer } from './server-process.mjs';
import { SetupError, step } from './progress.mjs';
import { root } from './settings.mjs';

/** temporal-config/development.yaml, in the dynamic configuration's own format, as flags. */
async function dynamicConfigFlags() {
  const { parse } = await import('yaml');
  const file = join(root, 'temporal-config', 'development.yaml');
  return Object.entries(parse(readFileSync(file, 'utf8'))).flatMap(([key, entries]) => {
    if (entries.length !== 1 || Object.keys(entries[0].constraints ?? {}).length > 0) {
      throw new SetupError(`${file}: ${key} must have one value without constraints, to be given as a flag.`);
    }
    return ['--dynamic-config-value', `${key}=${JSON.stringify(entries[0].value)}`];
  });
}

async function startDevelopmentServer({ binary, dataDir, ports, namespace, durable, signal, running }) {
  const folder = join(dataDir, 'temporal');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = join(folder, 'temporal.db');
  const address = `127.0.0.1:${ports.temporal}`;
  const args = [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(ports.temporal),
    '--log-level',
    'warn',
  ];
  args.push('--ui-port', String(ports.temporalUi), '--ui-public-path', '/temporal');
  // Payloads are encrypted; the browser asks our API, which asks for a sign-in, to show them in clear.
  args.push('--ui-codec-endpoint', `http://localhost:${ports.api}/codec`);
  args.push('--db-filename', database, '--sqlite-pragma', 'journal_mode=WAL');
  args.push('--sqlite-pragma', `synchronous=${durable ? 'NORMAL' : 'OFF'}`);
  if (namespace !== 'default') args.push('--namespace', namespace);
  args.push(...(await dynamicConfigFlags()));
  signal?.throwIfAborted();
  const server = startServer({
    name: 'temporal',
    command: binary,
    args,
    mark: database,
    dataDir,
    cwd: folder,
  });
  running.push(server);
  await server.ready(() => answers(ports.temporal), { signal });
  // The port opens a little before the namespace is there.
  const update = [
    'operator',
    'namespace',
    'update',
    '-n',
    namespace,
    '--retention',
    '720h',
    '--address',
    address,
  ];
  let last;
  const updated = await waitFor(
    () =>
      run(binary, update, { signal }).then(
        () => true,
        (error) => {
          last = error;
          return false;
        },
      ),
    { deadline: 30_000, every: 200, signal },
  );
  if (!updated)
    throw new SetupError(`Temporal's namespace ${namespace} could not be set up. ${last?.message}`);
  return address;
}

/** `binary` and `dependencies` are promises: what they bring may still be on its way. */
export async function startTemporal({ address, binary, dependencies, ...options }) {
  if (address) {
    return step('Temporal', async () => {
      const [, host, port] = address.match(/^(.+):(\d+)$/) ?? [];
      if (host && (await answers(Number(port), host, 5_000))) {
        return {
          temporalAddress: address,
          temporalUiUrl: process.env.TEMPORAL_UI_URL,
          detail: 'from TEMPORAL_ADDRESS',
        };
      }
      throw new SetupError(`TEMPORAL_ADDRESS is ${address}, but nothing answers there (it is HOST:PORT).`);
    });
  }
  const [program] = await Promise.all([binary, dependencies]);
  return step('Temporal', async () => {
    const temporalAddress = await startDevelopmentServer({ ...options, binary: program });
    const temporalUiUrl = `http://127.0.0.1:${options.ports.temporalUi}`;
    const { temporal, temporalUi } = options.ports;
    return { temporalAddress, temporalUiUrl, detail: `on port ${temporal}, its Web UI on ${temporalUi}` };
  });
}
