/** Builds of the product with one safeguard taken away, to show that a chaos run notices. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.mjs';
import { SetupError, step } from './progress.mjs';
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
