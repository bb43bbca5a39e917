import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';

/** How one Python test ended: `report` is what pytest says about a failure, else empty. */
export interface Outcome {
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly report: string;
}

const options = ['-p', 'no:cacheprovider', '--rootdir', __dirname, '-c', `${__dirname}/pytest.ini`];
/** A test that hangs ends them all, in milliseconds: less than jest waits. */
const TIMEOUT_MS = 280_000;
const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTEST_ADDOPTS: '', PYTHONPATH: '' };

/** The ids of all Python tests here (`test_tables.py::test_x[y]`), read without running them. Throws when a file cannot be loaded. */
export function collectTests(python: string): string[] {
  const args = ['-m', 'pytest', ...options, '--collect-only', '--quiet', __dirname];
  const run = spawnSync(python, args, { encoding: 'utf8', env: environment, cwd: __dirname });
  if (run.status !== 0)
    throw new Error(`pytest cannot collect: ${run.error?.message ?? ''}${run.stdout}${run.stderr}`);
  return run.stdout.split('\n').filter((line) => line.includes('::'));
}

/** What reporter.py writes, a line a test. */
const Line = z.object({
  id: z.string(),
  result: z.enum(['passed', 'failed', 'skipped']),
  report: z.string(),
});

/** Runs all tests once; those that never ended (the process died, say) are not in the answer. `world` is what they are told. */
export async function runTests(
  python: string,
  world: unknown,
): Promise<{ outcomes: ReadonlyMap<string, Outcome>; output: string }> {
  const env = { ...environment, SAGATABLE_WORLD: JSON.stringify(world) };
  const args = ['-m', 'pytest', ...options, '--quiet', '-p', 'reporter', __dirname];
  // The third channel carries the outcomes: what tests print cannot get in between.
  const child = spawn(python, args, {
    env,
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  const [output, errors, lines] = [child.stdio[1], child.stdio[2], child.stdio[3]].map((stream) => {
    const said: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => said.push(chunk));
    return () => Buffer.concat(said).toString('utf8');
  });
  await once(child, 'close');
  const outcomes = new Map<string, Outcome>();
  for (const line of (lines?.() ?? '').split('\n').filter(Boolean)) {
    const { id, ...outcome } = Line.parse(JSON.parse(line));
    outcomes.set(id, outcome);
  }
  return { outcomes, output: `${output?.() ?? ''}${errors?.() ?? ''}` };
}
