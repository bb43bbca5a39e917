/** `npm run chaos`: edits under faults and kills, judged by the log of what plays Airtable. Sets up what is missing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild } from './build.mjs';
import { buildWithout, tryMutants } from './chaos-mutants.mjs';
import { startWorld } from './chaos-servers.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { onStop } from './processes.mjs';
import { note, reportFailure, SetupError } from './progress.mjs';
import { requireNode, root } from './settings.mjs';

const help = `npm run chaos -- [FLAGS]

Runs random edits through a proxy that loses and delays requests, while processes are killed and stopped; then compares the
log and the final state of the bases with what each edit promised. Takes its seconds and about a minute more.

  --seed N          repeats a run's edits, faults and kills; chosen at random and printed when absent
  --edits N         no more edits than these (10000)
  --seconds N       no edit begins later than that (120)
  --kills N         kills and stops, spread over that time (one in 8 seconds)
  --bases N         bases that are edited at the same time (10)
  --lanes N         edits at a time on each of them (2)
  --late N          percent of the requests that land late (8)
  --late-by N       seconds after their caller has left in which these land, but for a few; less than the settle window (5)
  --settle N        the settle window in seconds (10)
  --patience N      seconds without an end of any edit after which the rest is stuck, once all is quiet (240)
  --without NAME    tries a build that lacks a safeguard: readBack, marker, undoBeforeDo, nonCancellableUndo, lateSweep
  --mutants         tries all five, one after another, each with flags that show it; passed when none of them is
  --report FILE     writes what was found as JSON there, and beside it as Markdown
  --keep            keeps logs and data of the run
  --help            this text

Exit codes: 0 passed, 1 not passed, 2 the run itself failed, 130 stopped.
`;

const options = {
  seed: { type: 'string' },
  edits: { type: 'string', default: '10000' },
  seconds: { type: 'string', default: '120' },
  kills: { type: 'string' },
  bases: { type: 'string', default: '10' },
  lanes: { type: 'string', default: '2' },
  late: { type: 'string', default: '8' },
  'late-by': { type: 'string', default: '5' },
  settle: { type: 'string', default: '10' },
  patience: { type: 'string', default: '240' },
  without: { type: 'string' },
  mutants: { type: 'boolean', default: false },
  report: { type: 'string' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** How long the product waits before it looks for an unanswered creation: some land after that, which is what the sweeps are for. */
const LATE_WRITE_SECONDS = 3;
const DEFAULT_SECONDS_A_KILL = 8;

function readFlags(args) {
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new SetupError(`${error.message}\n\n${help}`);
  }
  const whole = (flag, least, otherwise) => {
    const number = Number(values[flag] ?? otherwise);
    if (Number.isInteger(number) && number >= least) return number;
    throw new SetupError(`--${flag} must be a whole number, at least ${least}.`);
  };
  const seconds = whole('seconds', 5);
  return {
    help: values.help,
    without: values.without,
    mutants: values.mutants,
    report: values.report && resolve(values.report),
    keep: values.keep,
    settings: {
      seed: whole('seed', 0, Math.floor(Math.random() * 1_000_000)),
      edits: whole('edits', 1),
      seconds,
      kills: whole('kills', 0, Math.ceil(seconds / DEFAULT_SECONDS_A_KILL)),
      bases: whole('bases', 1),
      lanes: whole('lanes', 1),
      late: whole('late', 0),
      lateSeconds: whole('late-by', 1),
      settleSeconds: whole('settle', 8),
      patienceSeconds: whole('patience', 10),
      lateWriteSeconds: LATE_WRITE_SECONDS,
    },
  };
}

function writeReport(file, result, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(`${file.replace(/\.json$/, '')}.md`, text);
}

async function measure({ settings, without, report, keep }, { signal, cleanups }) {
  await ensureDependencies({ signal });
  await ensureBuild({ signal });
  const whole = join(root, 'dist');
  const { dist } = without ? await buildWithout(without, { signal, cleanups }) : { dist: whole };
  const require = createRequire(import.meta.url);
  const { openProxy, runChaos } = require(join(whole, 'chaos', 'run.js'));
  const { reportText } = require(join(whole, 'chaos', 'report.js'));
  note(`\nSeed ${settings.seed}${without ? `, without ${without}` : ''}`);
  const proxied = (target) => openProxy(target, settings);
  const world = await startWorld({ dist, settings, openProxy: proxied, keep, signal, cleanups });
  const result = await runChaos(settings, world, (line) => note(`  … ${line}`), signal);
  const told = { ...result, without: without ?? null };
  const text = reportText(told);
  process.stdout.write(`\n${text}`);
  if (report) writeReport(report, told, text);
  return result.judgement.reasons.length === 0;
}

const controller = new AbortController();
const { signal } = controller;
const cleanups = [];
try {
  requireNode();
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) process.stdout.write(help);
  else {
    onStop(() => controller.abort(new SetupError('stopped')));
    const proof = flags.mutants ? tryMutants({ signal, cleanups }) : measure(flags, { signal, cleanups });
    process.exitCode = (await proof) ? 0 : 1;
  }
} catch (error) {
  if (!signal.aborted) reportFailure(error);
  process.exitCode = signal.aborted ? 130 : 2;
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
process.exit();
