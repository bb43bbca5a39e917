import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, root, runNode, runs, temporaryFolder } from './support';

const script = (name: string) => JSON.stringify(join(root, 'scripts', name));

/** A process that stays until it is stopped, with `mark` in its command line. */
function longLived(mark: string): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  if (!child.pid) throw new Error('not started');
  return child.pid;
}

describe('the processes of a start', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  test('do not outlive one that is killed', async () => {
    const starter = `
      const { startServer } = await import(${script('server-process.mjs')});
      const args = ['-e', 'setInterval(() => {}, 1000)'];
      const server = startServer({ name: 'sleeper', command: process.execPath, args, mark: 'x', dataDir: process.argv[1] });
      console.log(server.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', starter, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (line: Buffer) => resolve(Number(line))),
    );
    expect(runs(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await eventually(() => !runs(pid))).toBe(true);
  });

  test('that were left behind are stopped at the next start, and others with their numbers are not', async () => {
    const left = longLived('mark-of-the-left-one');
    const stranger = longLived('somebody-elses');
    try {
      writeFileSync(join(folder.path, '.sagatable-data'), '');
      const pids = join(folder.path, 'pids');
      mkdirSync(pids);
      const entry = (pid: number, mark: string) => JSON.stringify({ pid, mark, stopSignal: 'SIGTERM' });
      writeFileSync(join(pids, 'redis.json'), entry(left, 'mark-of-the-left-one'));
      writeFileSync(join(pids, 'postgres.json'), entry(stranger, 'mark-of-postgres'));
      const claim = `const { claimDataDir } = await import(${script('data-dir.mjs')});
        (await claimDataDir(process.argv[1]))();`;
      const { code, stderr } = await runNode(['--input-type=module', '-e', claim, folder.path]);
      expect(code).toBe(0);
      expect(stderr).toContain(`stopping redis (pid ${left}), left behind by an earlier start`);
      expect(await eventually(() => !runs(left))).toBe(true);
      expect(runs(stranger)).toBe(true);
      expect(readdirSync(pids)).toEqual([]);
    } finally {
      for (const pid of [left, stranger]) if (runs(pid)) process.kill(pid, 'SIGKILL');
    }
  });

  test('have secrets that are made once, for their owner only', async () => {
    const make = `const { ensureSecrets } = await import(${script('data-dir.mjs')});
      console.log(JSON.stringify(ensureSecrets(process.argv[1])));`;
    const first = await runNode(['--input-type=module', '-e', make, folder.path]);
    const second = await runNode(['--input-type=module', '-e', make, folder.path]);
    expect(first.stdout).toBe(second.stdout);
    const secrets = JSON.parse(first.stdout) as Record<string, string>;
    expect(secrets['JWT_SECRET']?.length).toBeGreaterThanOrEqual(43);
    const [id, key] = secrets['ENCRYPTION_KEYS']?.split(':') ?? [];
    expect(id).toBe('k1');
    expect(Buffer.from(key ?? '', 'base64')).toHaveLength(32);
    expect(new Set(Object.values(secrets)).size).toBe(Object.keys(secrets).length);
    expect(statSync(join(folder.path, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder.path, 'secrets.json'), 'utf8')).toContain(key);
  });
});
