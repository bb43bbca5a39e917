import { describeApi } from '../../../api/openapi/document';
import { OPERATIONS } from '../../../api/operation-view';
import { STAGES } from '../../../api/stages';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../services/config';

const paths = describeApi()['paths'] as Record<
  string,
  Record<string, { summary: string; responses: object }>
>;
const described = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method} ${path}`),
);

/** Routes as the doors' sources register them: `router.get('/v1/…'`. */
function routesInSources(): string[] {
  const folder = join(projectRoot(), 'api', 'routes');
  return readdirSync(folder).flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    return [...source.matchAll(/router\.(get|post|put|patch|delete)\(\s*[`'](\/v1\/[^`']+)[`']/g)].flatMap(
      ([, method, path]) => {
        const names = path?.includes('${action}')
          ? ['cancel', 'pause', 'resume'].map((action) => path.replace('${action}', action))
          : [path ?? ''];
        return names.map((name) => `${method} ${name.replace(/:(\w+)/g, '{$1}')}`);
      },
    );
  });
}

it('describes every route that the doors serve, and no other', () => {
  const operations = OPERATIONS.flatMap((o) =>
    o.route === null ? [] : [o.route.replace(/^(\w+)/, (m) => m.toLowerCase()).replace(/:(\w+)/g, '{$1}')],
  );
  const served = [...routesInSources(), ...operations];
  expect(served.length).toBeGreaterThan(30);
  expect([...new Set(described)].sort()).toEqual([...new Set(served)].sort());
});

it('gives each a summary, its answers and the problem document', () => {
  for (const methods of Object.values(paths)) {
    for (const entry of Object.values(methods)) {
      expect(entry.summary.length).toBeGreaterThan(3);
      expect(Object.keys(entry.responses)).toContain('default');
    }
  }
});

it('every operation with a route has a stage at the door', () => {
  expect(OPERATIONS.filter((o) => o.route !== null && !STAGES[o.name]).map((o) => o.name)).toEqual([]);
});
