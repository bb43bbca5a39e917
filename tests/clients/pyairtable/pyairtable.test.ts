import { startClientEngine, type ClientEngine } from '../client-engine';
import { startOutsideServer, type OutsideServer } from '../outside-server';
import { collectTests, runTests } from './pytest';

/** Set by `npm test`, which installs pyairtable where it can (scripts/python.mjs). */
const python = process.env['PYAIRTABLE_PYTHON'] ?? '';

if (python === '') withoutPython();
else withPython(collectTests(python));

/** Skipped where a developer has no Python; nowhere else. */
function withoutPython(): void {
  const run = process.env['CI'] ? test : test.skip;
  run('there is a Python with pyairtable (PYAIRTABLE_PYTHON)', () => expect(python).not.toBe(''));
}

/** Each Python test is a test here; one that was collected and did not run to its end fails. */
function withPython(ids: readonly string[]): void {
  let engine: ClientEngine;
  let outside: OutsideServer;
  let ran: Awaited<ReturnType<typeof runTests>>;
  beforeAll(async () => {
    outside = await startOutsideServer();
    engine = await startClientEngine([outside.host]);
    ran = await runTests(python, { ...engine.world, outsideUrl: outside.url });
  }, 300_000);
  afterAll(async () => {
    await outside.close();
    await engine.close();
  });

  const files = [...new Set(ids.map((id) => id.split('::', 1)[0] ?? ''))];
  describe.each(files)('%s', (file) => {
    const own = ids.filter((id) => id.startsWith(`${file}::`));
    test.each(own.map((id) => [id.slice(file.length + 2), id]))('%s', (_name, id) => {
      const { result, report } = ran.outcomes.get(id) ?? { result: 'did not run', report: ran.output };
      expect(`${result} ${report}`.trim()).toBe('passed');
    });
  });

  test('nothing ran that was not collected, and the server was never at fault', () => {
    expect([...ran.outcomes.keys()].sort()).toEqual([...ids].sort());
    expect(engine.faults).toEqual([]);
  });
}
