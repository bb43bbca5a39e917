import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../services/config';
import { createTestDatabase, type TestDatabase } from './database';
import { pollUntil } from './poll';
import { createTestTemporal, TEST_KEYS, type TestTemporal } from './temporal';

const Sample = z.object({
  email: z.string(),
  password: z.string(),
  token: z.string(),
  workspaceId: z.string(),
  baseId: z.string(),
});

export interface Stack {
  readonly apiUrl: string;
  readonly uiUrl: string;
  readonly sample: z.infer<typeof Sample>;
  readonly database: TestDatabase;
  readonly temporal: TestTemporal;
  readonly worker: () => ChildProcess;
  readonly api: () => ChildProcess;
  /** SIGKILL by default; resolves when the process is gone. */
  killWorker(signal?: NodeJS.Signals): Promise<void>;
  startWorker(extra?: NodeJS.ProcessEnv): Promise<void>;
  killApi(signal?: NodeJS.Signals): Promise<void>;
  startApi(): Promise<void>;
  /** One more process of a compiled main with the stack's environment; it ends with the stack. */
  startAnother(file: string, extra?: NodeJS.ProcessEnv): ChildProcess;
  /** Runs another compiled main with the stack's environment to its end. */
  runMain(file: string, extra?: NodeJS.ProcessEnv): Promise<{ code: number | null; out: string }>;
  stop(): Promise<void>;
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function kill(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** API and worker as processes of their own, as `npm start` has them, on a database and a namespace of their own, with the sample base. */
export async function startStack(extra: NodeJS.ProcessEnv = {}): Promise<Stack> {
  const dist = join(projectRoot(), 'dist');
  if (!existsSync(join(dist, 'api', 'main.js')))
    throw new Error('dist/ is not built: npm test does it, or run npm run build');
  const [database, temporal, port] = await Promise.all([
    createTestDatabase(),
    createTestTemporal(),
    freePort(),
  ]);
  const dataDir = mkdtempSync(join(tmpdir(), 'sagatable-stack-'));
  const apiUrl = `http://localhost:${port}`;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DATABASE_URL: database.url,
    REDIS_PREFIX: `stack-${randomBytes(6).toString('hex')}:`,
    TEMPORAL_NAMESPACE: temporal.namespace,
    API_PORT: String(port),
    API_URL: apiUrl,
    DATA_DIR: dataDir,
    SAMPLE_FILE: join(dataDir, 'sample.json'),
    JWT_SECRET: 'a secret of the tests, and of nothing else',
    ENCRYPTION_KEYS: TEST_KEYS,
    LOG_LEVEL: 'warn',
    LATE_WRITE_SECONDS: '2',
    SETTLE_SECONDS: '2',
    GEMINI_API_KEY: '',
    AIRTABLE_TOKEN: '',
    ...extra,
  };
  let api: ChildProcess | undefined;
  let worker: ChildProcess | undefined;
  const others: ChildProcess[] = [];
  const run = (file: string, more: NodeJS.ProcessEnv = {}) =>
    spawn(process.execPath, ['--enable-source-maps', join(dist, file)], {
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  async function startApi(): Promise<void> {
    api = run('api/main.js');
    api.stdout?.resume();
    await pollUntil('the API is ready', async () => {
      if (api?.exitCode !== null) throw new Error('the API ended at once');
      return fetch(`${apiUrl}/readyz`).then(
        (r) => r.ok,
        () => false,
      );
    });
  }
  async function startWorker(more: NodeJS.ProcessEnv = {}): Promise<void> {
    worker = run('workers/main.js', { LOG_LEVEL: 'error', ...more });
    worker.stdout?.resume();
  }
  function startAnother(file: string, more: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = run(file, { LOG_LEVEL: 'error', ...more });
    child.stdout?.resume();
    others.push(child);
    return child;
  }
  async function runMain(
    file: string,
    more: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number | null; out: string }> {
    const child = run(file, more);
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await once(child, 'close');
    return { code: child.exitCode, out };
  }

  async function stop(): Promise<void> {
    await Promise.all([worker, api, ...others].map((child) => kill(child, 'SIGKILL')));
    await temporal.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  }

  try {
    await Promise.all([startApi(), startWorker()]);
    const made = await runMain('workers/sample-main.js');
    const sample = Sample.parse(JSON.parse(made.out.trim().split('\n').at(-1) ?? ''));
    writeFileSync(join(dataDir, 'sample.json'), JSON.stringify({ ...sample, apiUrl }), { mode: 0o600 });
    const living = (child: ChildProcess | undefined) => {
      if (!child) throw new Error('the process was not started');
      return child;
    };
    return {
      apiUrl,
      uiUrl: `${apiUrl}/temporal`,
      sample,
      database,
      temporal,
      worker: () => living(worker),
      api: () => living(api),
      killWorker: (signal = 'SIGKILL') => kill(worker, signal),
      startWorker,
      killApi: (signal = 'SIGKILL') => kill(api, signal),
      startApi,
      startAnother,
      runMain,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
