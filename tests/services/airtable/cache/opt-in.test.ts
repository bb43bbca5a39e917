import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../../services/config';

const sourcesOf = (folder: string) =>
  readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(projectRoot(), folder, name), 'utf8') }));

// What decides about a write must be what the base holds now, not a moment ago. Which bases there are decides nothing.
it.each(['services/edits', 'services/copies'])('%s asks for no kept schema and no kept record', (folder) => {
  const sources = sourcesOf(folder);
  expect(sources.length).toBeGreaterThan(5);
  const others = sources.map(({ name, text }) => [name, text.replace(/\.listBases\([^()]*\)/g, '')] as const);
  expect(others.filter(([, text]) => /\bcached\b/.test(text)).map(([name]) => name)).toEqual([]);
});
