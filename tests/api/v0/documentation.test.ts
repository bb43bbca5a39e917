import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../services/config';
import { FIELD_TYPES } from '../../../services/engine/fields/registry';
import { FUNCTIONS } from '../../../services/formula/functions/registry';
import { startEngineServer, type EngineServer } from './engine-server';

const manual = readFileSync(join(projectRoot(), 'docs', 'engine.md'), 'utf8');
let s: EngineServer;
beforeAll(async () => {
  s = await startEngineServer();
});
afterAll(() => s.close());

test('the table of field types is the registry', () => {
  const cell = (yes: boolean) => (yes ? 'yes' : '');
  const rows = FIELD_TYPES.map(
    ({ type, primary, mergeable, computed }) =>
      `| \`${type}\` | ${cell(primary)} | ${cell(mergeable)} | ${cell(computed)} |`,
  );
  expect(manual.match(/^\| `[a-zA-Z]+` \|.*$/gm)).toEqual(rows);
});

test('the list of functions is the language’s', () => {
  expect(manual).toContain(`\`${FUNCTIONS.map((fn) => fn.name).join(' ')}\``);
});

test('every endpoint of the table is there, and asks for its scope', async () => {
  const endpoints = [...manual.matchAll(/^\| `([A-Z]+) \/v0(\S+)` \| (\S+) \|$/gm)];
  expect(endpoints.length).toBeGreaterThan(30);
  s.grant('nothing', { scopes: [] });
  for (const [, method = '', path = '', scope = ''] of endpoints) {
    const concrete = path.replaceAll('{base}', s.base.id).replace(/\{\w+\}/g, 'x');
    const anonymous = await s.call(method, concrete, undefined, '');
    expect({ method, path, status: anonymous.status }).toEqual({ method, path, status: 401 });
    const unscoped = await s.call(method, concrete, undefined, 'nothing');
    expect({ method, path, status: unscoped.status }).toEqual({
      method,
      path,
      status: scope === 'any' ? 200 : 403,
    });
  }
});
