import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../../../contracts/errors';
import { REFUSALS } from '../../../services/airtable/refusal-table';
import { projectRoot } from '../../../services/config';

const guide = readFileSync(join(projectRoot(), 'docs', 'gateway.md'), 'utf8');
/** Rows of the error table: code, kind, who must act, what to do. */
const rows = [...guide.matchAll(/^\| `([a-z_]+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$/gm)];

/** Codes as the gateway's sources have them, in literals of either form. */
function codesInSources(): string[] {
  const folder = join(projectRoot(), 'services', 'airtable');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(folder, file), 'utf8');
      return [...source.matchAll(/\bcode(?::| =) (?:\w+ \? '([a-z_]+)' : )?'([a-z]+_[a-z_]+|cancelled)'/g)];
    })
    .flatMap(([, first, second]) => [first, second].flatMap((code) => code ?? []));
}

describe('docs/gateway.md', () => {
  it('lists every code that the gateway throws', () => {
    const listed = rows.map(([, code]) => code);
    const thrown = codesInSources();
    expect(thrown.length).toBeGreaterThan(30);
    expect([...new Set(thrown)].filter((code) => !listed.includes(code))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('gives each of Airtable’s refusals its kind', () => {
    const kinds = new Map(rows.map(([, code, kind]) => [code, kind]));
    for (const { code, kind } of REFUSALS) expect([code, kinds.get(code)]).toEqual([code, kind]);
    for (const [, code, kind] of rows)
      expect([code, Object.keys(ERRORS)]).toEqual([code, expect.arrayContaining([kind]) as string[]]);
  });
});
