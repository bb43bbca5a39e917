/** Builds of the product with one safeguard taken away, to show that a chaos run notices. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes.mjs';
import { note, SetupError, step } from './progress.mjs';
import { root } from './settings.mjs';

const file = (dist) => join(dist, 'contracts', 'safeguards.js');

/** The names of the safeguards of a build. */
export function safeguardsOf(dist) {
  const text = existsSync(file(dist)) ? readFileSync(file(dist), 'utf8') : '';
  return [...text.matchAll(/^\s*(\w+): true,?$/gm)].map(([, name]) => name);
}

/** Copies dist/ and takes one safeguard away in the copy, in its workflow bundle too; where the copy is. */
export function buildWithout(name, { signal, cleanups }) {
  return step(`Build without ${name}`, async () => {
    const whole = join(root, 'dist');
    const known = safeguardsOf(whole);
    if (!known.includes(name))
      throw new SetupError(`There is no safeguard ${name}: choose from ${known.join(', ')}.`);
    const place = mkdtempSync(join(root, '.data-chaos-build-'));
    cleanups.push(() => rmSync(place, { recursive: true, force: true }));
    const dist = join(place, 'dist');
    cpSync(whole, dist, { recursive: true });
    const text = readFileSync(file(dist), 'utf8');
    writeFileSync(file(dist), text.replace(`${name}: true`, `${name}: false`));
    await run(process.execPath, [join(dist, 'workers', 'bundle-main.js')], { cwd: root, signal });
    return { dist, detail: `in ${place}` };
  });
}

/** Runs that show what each safeguard is for. */
export const SHOWN_BY = {
  undoBeforeDo: ['--seed', '3', '--seconds', '40', '--kills', '4'],
  nonCancellableUndo: ['--seed', '5', '--seconds', '40', '--kills', '3'],
  readBack: ['--seed', '13', '--seconds', '50', '--kills', '2', '--late', '20'],
  marker: '--seed 13 --seconds 60 --kills 4 --settle 20 --late 20 --late-by 15'.split(' '),
  lateSweep: '--seed 13 --seconds 180 --kills 10 --settle 20 --late 30 --late-by 15'.split(' '),
};
/** Findings by which a run is red, whatever else it may lack. */
const EFFECTS = ['lost', 'duplicated', 'half-done', 'left over', 'stuck'];

/** Runs each build that lacks a safeguard. Resolves to whether every one of them was found out. */
export async function tryMutants({ signal, cleanups }) {
  const place = mkdtempSync(join(tmpdir(), 'chaos-mutants-'));
  cleanups.push(() => rmSync(place, { recursive: true, force: true }));
  const script = join(root, 'scripts', 'chaos.mjs');
  let escaped = 0;
  for (const [name, flags] of Object.entries(SHOWN_BY)) {
    const report = join(place, `${name}.json`);
    note(`\n── without ${name}: ${flags.join(' ')}`);
    // Not passed is what is wanted; what the run itself failed for shows in that it left no report.
    await run(process.execPath, [script, '--without', name, ...flags, '--report', report], {
      cwd: root,
      signal,
      echo: true,
    }).catch(() => signal.throwIfAborted());
    const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).judgement.counts : {};
    const found = EFFECTS.filter((kind) => counts[kind] > 0);
    if (found.length === 0) escaped++;
    note(`   ${name}: ${found.map((kind) => `${counts[kind]} ${kind}`).join(', ') || 'NOT FOUND OUT'}`);
  }
  return escaped === 0;
}
