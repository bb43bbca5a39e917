import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root, runNode, temporaryFolder } from './support';

const original = readFileSync(join(root, 'docker-compose.yml'), 'utf8');

async function check(text: string) {
  const folder = temporaryFolder();
  try {
    const file = join(folder.path, 'docker-compose.yml');
    writeFileSync(file, text);
    return await runNode(['scripts/check-compose.mjs', file]);
  } finally {
    folder.remove();
  }
}

describe('docker-compose.yml', () => {
  test('is sound, and the check says how it looked', async () => {
    const { code, stderr } = await runNode(['scripts/check-compose.mjs']);
    expect(stderr).toMatch(/checked by docker compose config|no docker compose here, so it was parsed/);
    expect(code).toBe(0);
  });

  test.each([
    [
      'a service that is not there',
      'databases: { condition',
      'databasez: { condition',
      'depends on databasez, which is no service',
    ],
    ['a volume that is not declared', "'redis:/data'", "'rediss:/data'", 'the volume rediss is not declared'],
    [
      'a stage the Dockerfile has not',
      'target: runtime',
      'target: runtim',
      'the Dockerfile has no stage runtim',
    ],
    [
      'a password in the file',
      '${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}',
      'hunter2',
      'has a value of its own in the file',
    ],
    ['a file that is not there', 'production.yaml:/etc', 'produktion.yaml:/etc', 'is not there'],
    ['text that is no YAML', 'services:', 'services: [', 'is no YAML'],
  ])('%s is found', async (_what, from, to, message) => {
    expect(original).toContain(from);
    const { code, stderr } = await check(original.replaceAll(from, to));
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('has a value for no secret: each must be given', () => {
    const secrets = [
      'JWT_SECRET',
      'ENCRYPTION_KEYS',
      'POSTGRES_PASSWORD',
      'SAGATABLE_DB_PASSWORD',
      'TEMPORAL_DB_PASSWORD',
    ];
    for (const name of [...secrets, 'REDIS_PASSWORD'])
      expect(original).toMatch(new RegExp(`\\$\\{${name}:\\?`));
  });
});

describe('.env.example', () => {
  const text = readFileSync(join(root, '.env.example'), 'utf8');
  const listed = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);

  test('lists every variable that the configuration and the scripts read', () => {
    const config = readFileSync(join(root, 'services', 'config.ts'), 'utf8');
    const read = [...config.matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name);
    expect(read.length).toBeGreaterThan(10);
    for (const name of read) if (name !== 'NODE_ENV') expect(listed).toContain(name);
    const settings = readFileSync(join(root, 'scripts', 'settings.mjs'), 'utf8');
    for (const [, name] of settings.matchAll(/variable: '([A-Z_]+)'/g)) expect(listed).toContain(name);
  });
});

describe('the dynamic configuration', () => {
  test.each(['development', 'production'])('of %s has the form that Temporal reads', (name) => {
    const file = join(root, 'temporal-config', `${name}.yaml`);
    const config = parse(readFileSync(file, 'utf8')) as Record<string, { value: unknown }[]>;
    expect(config['matching.enableFairness']).toEqual([{ value: true }]);
    for (const [key, values] of Object.entries(config)) {
      expect(key).toMatch(/^[a-z]+(\.[A-Za-z]+)+$/);
      for (const { value } of values) expect(['number', 'boolean', 'string']).toContain(typeof value);
    }
  });
});
