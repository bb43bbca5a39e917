/**
 * `npm test`: sets up what is missing, runs the static checks (each counts as one), jest on servers of its own and the short
 * proof by faults, and ends with `N passed, N failed`. With arguments only jest runs, with those: `npm test -- tests/api`.
 */
import { join } from 'node:path';
import { ensureBuild } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { readJson } from './data-dir.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { onStop, run } from './processes.mjs';
import { note, reportFailure, SetupError, together } from './progress.mjs';
import { ensurePython } from './python.mjs';
import { requireNode, root } from './settings.mjs';
import { startTestServers } from './test-servers.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const checks = [
  { title: 'format (prettier)', command: bin('prettier'), args: ['--check', '--log-level=warn', '.'] },
  { title: 'lint (eslint)', command: bin('eslint'), args: ['.'] },
  { title: 'types (tsc)', command: bin('tsc'), args: ['--noEmit'] },
  { title: 'import directions (depcruise)', command: 'npm', args: ['run', '--silent', 'rooms'] },
  { title: 'docker-compose.yml', command: process.execPath, args: ['scripts/check-compose.mjs'] },
];

/** Alone, after the rest: what it has to show in two minutes should not hang on what else the machine does. */
const proof = {
  title: 'proof by faults (chaos)',
  command: process.execPath,
  args: ['scripts/chaos.mjs', '--seed', '20261121', '--seconds', '120', '--kills', '15', '--patience', '420'],
};

async function runChecks(checks, signal) {
  const count = { passed: 0, failed: 0 };
  for (const { title, command, args } of checks) {
    note(`\n── ${title}`);
    try {
      await run(command, args, { cwd: root, signal, echo: true });
      count.passed += 1;
      note(`   passed: ${title}`);
    } catch {
      signal.throwIfAborted();
      count.failed += 1;
      note(`   FAILED: ${title}`);
    }
  }
  return count;
}

/** A run that could not tell its result is one failure. */
async function runJest(env, dataDir, extra, signal) {
  const output = join(dataDir, 'jest.json');
  const args = [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--json', `--outputFile=${output}`];
  // With --json the report for people goes to stderr and the JSON, which is in the file too, to stdout.
  args.push('--maxWorkers=2', ...(process.env.CI ? ['--ci'] : []), ...extra);
  note('\n── tests (jest)');
  await run(process.execPath, args, { cwd: root, env, signal, echo: 'stderr' }).catch(() =>
    signal.throwIfAborted(),
  );
  const report = readJson(output);
  if (!report) return { passed: 0, failed: 1 };
  // A file that could not even be loaded has no failed tests of its own.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: failed || (report.success ? 0 : 1) };
}

async function main(signal, cleanups) {
  const extra = process.argv.slice(2);
  const failing = new AbortController();
  const setup = AbortSignal.any([signal, failing.signal]);
  const dependencies = ensureDependencies({ signal: setup });
  const starting = startTestServers({ dependencies, signal: setup });
  cleanups.push(() => starting.then((servers) => servers.stop()).catch(() => {}));
  const browser = ensureChromium({ signal: setup });
  const clients = ensurePython({ signal: setup });
  const built = dependencies.then(() => ensureBuild({ signal: setup }));
  // A build that fails is reported by the checks and the tests that need it; the rest still runs.
  const tried = built.then(
    () => 0,
    (error) => (signal.throwIfAborted(), reportFailure(error), 1),
  );
  const [servers, chromium, python, unbuilt] = await together(failing, [starting, browser, clients, tried]);

  const total = { passed: 0, failed: unbuilt };
  const add = ({ passed, failed }) => ((total.passed += passed), (total.failed += failed));
  if (extra.length === 0) add(await runChecks(checks, signal));
  const programs = { CHROMIUM_PATH: chromium.path, PYAIRTABLE_PYTHON: python.path ?? '' };
  const env = { ...process.env, ...servers.env, ...programs, NODE_ENV: 'test' };
  const jest = await runJest(env, servers.dataDir, extra, signal);
  add(jest);
  if (extra.length === 0) add(await runChecks([proof], signal));
  if (jest.passed + jest.failed === 0) note('No test was executed.');
  if (python.missing) note(`\nThe pyairtable suite was SKIPPED. ${python.missing}`);
  if (total.failed > 0) servers.keepLogs();
  return { ...total, ok: total.failed === 0 && jest.passed > 0 };
}

const controller = new AbortController();
const cleanups = [];
let result = { passed: 0, failed: 1, ok: false };
onStop(() => controller.abort(new SetupError('stopped')));
try {
  requireNode();
  result = await main(controller.signal, cleanups);
} catch (error) {
  reportFailure(error);
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
process.stdout.write(`\n${result.passed} passed, ${result.failed} failed\n`);
process.exit(result.ok ? 0 : 1);
