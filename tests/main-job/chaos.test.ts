import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../services/config';

/** As `npm run chaos` does it, in a process of its own; what it wrote down, its exit code and its last words. */
async function runChaos(flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'sagatable-chaos-'));
  const file = join(folder, 'report.json');
  const script = join(projectRoot(), 'scripts', 'chaos.mjs');
  const child = spawn(process.execPath, [script, ...flags, '--report', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-6_000)));
  await once(child, 'close');
  try {
    return { code: child.exitCode, said, report: JSON.parse(readFileSync(file, 'utf8')) as unknown };
  } catch {
    return { code: child.exitCode, said, report: null };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it('edits under lost and late requests, kills and stops happen exactly once, or not at all', async () => {
  const flags = ['--seed', '20261121', '--seconds', '75', '--kills', '9', '--patience', '420'];
  const { code, said, report } = await runChaos(flags);
  if (code !== 0) throw new Error(`the chaos run ended with ${code}:\n${said}`);
  expect(report).toMatchObject({
    judgement: {
      reasons: [],
      counts: { lost: 0, duplicated: 0, 'half-done': 0, 'left over': 0, overwritten: 0, untrue: 0, stuck: 0 },
      strays: 0,
    },
  });
}, 900_000);
