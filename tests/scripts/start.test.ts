import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { close, listen, PORT_VARIABLES, runNode, startEnvironment, temporaryFolder } from './support';

const start = (args: string[], env?: NodeJS.ProcessEnv) => runNode(['scripts/start.mjs', ...args], env);
const lines = (text: string) => text.split('\n').filter((line) => line.startsWith('error:'));

describe('npm start', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  /** Nothing that the start in this folder has started is still there. */
  function expectNothingLeft(): void {
    const pids = join(folder.path, 'pids');
    expect(existsSync(pids) ? readdirSync(pids) : []).toEqual([]);
    expect(existsSync(join(folder.path, 'starter.json'))).toBe(false);
  }

  test('--help says what the flags do and starts nothing', async () => {
    const { code, stdout } = await start(['--help'], { ...process.env, DATA_DIR: folder.path });
    expect(code).toBe(0);
    for (const flag of ['--fresh', '--demo', '--help']) expect(stdout).toContain(flag);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('an unknown flag is one clear line', async () => {
    const { code, stderr } = await start(['--frehs'], { ...process.env, DATA_DIR: folder.path });
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(
      'error: "--frehs" is not a flag of npm start. It has: --fresh, --demo, --help.',
    );
  });

  test.each(['abc', '0', '70000', '80.5'])('a port of %s is refused by name', async (port) => {
    const { code, stderr } = await start([], { ...process.env, DATA_DIR: folder.path, REDIS_PORT: port });
    expect(code).toBe(1);
    expect(lines(stderr)).toEqual([
      `error: REDIS_PORT is "${port}": it must be a port number from 1 to 65535.`,
    ]);
  });

  test('two variables with the same port are refused', async () => {
    const env = { ...process.env, DATA_DIR: folder.path, API_PORT: '4000', REDIS_PORT: '4000' };
    const { code, stderr } = await start([], env);
    expect(code).toBe(1);
    expect(lines(stderr)).toEqual(['error: API_PORT and REDIS_PORT are both 4000: give each its own port.']);
  });

  test.each(PORT_VARIABLES)('a busy %s is one clear line, and nothing is left running', async (variable) => {
    const { port, server } = await listen();
    try {
      const env = await startEnvironment(folder.path, { [variable]: String(port) });
      const { code, stdout, stderr } = await start([], env);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(lines(stderr)).toHaveLength(1);
      expect(stderr).toContain(`Port ${port} is in use`);
      expect(stderr).toContain(`set ${variable} to a free port`);
      expectNothingLeft();
    } finally {
      await close(server);
    }
  });

  test('a Redis that is missing and cannot be installed is one clear line', async () => {
    const nothing = temporaryFolder();
    try {
      const { DATABASE_URL, TEMPORAL_ADDRESS } = process.env;
      const env = await startEnvironment(folder.path, { DATABASE_URL, TEMPORAL_ADDRESS, PATH: nothing.path });
      const { code, stderr } = await start([], env);
      expect(code).toBe(1);
      expect(lines(stderr)).toHaveLength(1);
      expect(stderr).toMatch(/Redis is missing: install redis-server .* or set REDIS_URL/);
      expectNothingLeft();
    } finally {
      nothing.remove();
    }
  });

  test('an address that nothing answers at is one clear line, without its password', async () => {
    const { port, server } = await listen();
    await close(server);
    const { REDIS_URL, TEMPORAL_ADDRESS } = process.env;
    const DATABASE_URL = `postgresql://somebody:canary-4711@127.0.0.1:${port}/db`;
    const env = await startEnvironment(folder.path, { REDIS_URL, TEMPORAL_ADDRESS, DATABASE_URL });
    const { code, stderr } = await start([], env);
    expect(code).toBe(1);
    expect(lines(stderr)).toHaveLength(1);
    expect(stderr).toContain('DATABASE_URL is set, but PostgreSQL cannot be reached there');
    expect(stderr).not.toContain('canary-4711');
    expectNothingLeft();
  });

  test('--fresh deletes nothing in a folder that is not ours', async () => {
    const precious = join(folder.path, 'thesis.txt');
    writeFileSync(precious, 'years of work');
    const { code, stderr } = await start(['--fresh'], { ...process.env, DATA_DIR: folder.path });
    expect(code).toBe(1);
    expect(stderr).toContain("has files in it that are not Sagatable's");
    expect(existsSync(precious)).toBe(true);
  });
});
