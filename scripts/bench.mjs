/** `npm run bench -- engine`, `gateway`, `operations` and `edits`: sets up what is missing and measures. Never part of `npm test`. */
import { parseArgs } from 'node:util';
import * as edits from './bench-edits.mjs';
import * as engine from './bench-engine.mjs';
import * as gateway from './bench-gateway.mjs';
import * as operations from './bench-operations.mjs';
import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { onStop } from './processes.mjs';
import { reportFailure, SetupError } from './progress.mjs';
import { requireNode } from './settings.mjs';

const benchmarks = { engine, gateway, operations, edits };
const help = `npm run bench -- engine|gateway|operations|edits [FLAGS]

  engine      creates, lists and memory of the engine beside hand-written SQL
  gateway     the gateway's pace against Airtable's limits, beside loops over the airtable package
  operations  operations beside plain Temporal workflows, the door beside plain Express
  edits       whole edits beside a plain loop over the same API, and by their size

Each has flags of its own: npm run bench -- engine --help
`;

/** The benchmark, or null where only help is wanted, and its settings. */
function readFlags(args) {
  const name = args.find((arg) => Object.hasOwn(benchmarks, arg));
  const benchmark = benchmarks[name];
  if (!benchmark) {
    if (args.includes('--help')) return { said: help };
    throw new SetupError(`Say what to measure: engine, gateway, operations or edits.\n\n${help}`);
  }
  const options = { ...benchmark.options, help: { type: 'boolean', default: false } };
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, allowNegative: true });
  } catch (error) {
    throw new SetupError(`${error.message}\n\n${benchmark.help}`);
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) throw new SetupError(`One benchmark at a time.\n\n${benchmark.help}`);
  if (values.help) return { said: benchmark.help };
  const whole = (flag, least) => {
    const number = Number(values[flag]);
    if (Number.isInteger(number) && number >= least) return number;
    throw new SetupError(`--${flag} must be a whole number, at least ${least}.`);
  };
  return { benchmark, settings: benchmark.readSettings(values, whole) };
}

const controller = new AbortController();
const { signal } = controller;
const cleanups = [];
try {
  requireNode();
  const { said, benchmark, settings } = readFlags(process.argv.slice(2));
  if (said) {
    process.stdout.write(said);
  } else {
    onStop(() => controller.abort(new SetupError('stopped')));
    await ensureDependencies({ signal });
    await ensureBuild({ signal });
    await benchmark.measure(settings, { signal, cleanups });
  }
} catch (error) {
  if (!signal.aborted) reportFailure(error);
  process.exitCode = signal.aborted ? 130 : 1;
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
process.exit();
