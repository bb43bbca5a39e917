import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../../services/config';

const sourcesOf = (folder: string) =>
  readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(projectRoot(), folder, name), 'utf8') }));

/** They ask which fields are links, and for the name of a field that is asked for anew where it was renamed. */
const NAMES_OF_FIELDS = ['inbound-links.ts', 'marked-creations.ts', 'restore-links.ts'];

// What decides about a write must be what the base holds now, not a moment ago. Which bases there are decides nothing.
it.each(['services/edits', 'services/copies'])('%s asks for no kept schema and no kept record', (folder) => {
  const sources = sourcesOf(folder);
  expect(sources.length).toBeGreaterThan(5);
  const others = sources.map(({ name, text }) => [name, text.replace(/\.listBases\([^()]*\)/g, '')] as const);
  const asking = others.filter(([, text]) => /\bcached\b/.test(text)).map(([name]) => name);
  expect(asking.filter((name) => !NAMES_OF_FIELDS.includes(name))).toEqual([]);
  const schemas = sources.filter(({ name }) => NAMES_OF_FIELDS.includes(name));
  for (const { text } of schemas) expect(text).not.toMatch(/(?:listRecords|getRecord)\([^;]*\bcached\b/);
});
