import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { measureCreates } from './creates';
import { measureLists } from './lists';
import { makeTable, makeToken } from './measured-base';
import { measureMemory } from './memory';
import { connect, fillTables, makePlainTable } from './plain-table';
import { describeMachine, judge, reportText } from './report';

/** One seed for all that is random, so that two runs measure the same. */
const SEED = 20_261_121;

const Settings = z.object({
  /** An API of its own for the memory, with its heap held small. */
  small: z.object({ url: z.string(), apiPid: z.number().int(), heapMb: z.number().int() }),
  rows: z.number().int().min(200),
  creates: z.number().int().min(40),
  rounds: z.number().int().min(1),
  listRounds: z.number().int().min(1),
  out: z.string(),
  check: z.boolean(),
});

/** `node dist/bench/engine-main.js`, started by scripts/bench.mjs with an API and an empty database of its own. */
async function main(): Promise<void> {
  const settings = Settings.parse(JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}'));
  const config = readConfig(process.env);
  const services = createServices(config);
  const owner = await connect(config.databaseUrl);
  try {
    const { workspaceId, token } = await makeToken(services);
    const at = { url: config.apiUrl, token, databaseUrl: config.databaseUrl };
    await makePlainTable(owner);
    const machine = await describeMachine(owner);
    console.error('creating records');
    const tables = {
      engine: await makeTable(at.url, token, workspaceId),
      inserts: await makeTable(at.url, token, workspaceId),
    };
    const creates = await measureCreates(at, tables, { records: settings.creates, rounds: settings.rounds });
    console.error(`filling a table with ${settings.rows} records`);
    const films = await makeTable(at.url, token, workspaceId);
    await fillTables(owner, films, settings.rows);
    console.error('listing');
    const lists = await measureLists(at, films, { rounds: settings.listRounds, seed: SEED });
    console.error('watching the memory');
    const memory = await measureMemory({ ...at, ...settings.small }, films);
    const results = { creates, lists, memory };
    const targets = judge(results);
    console.log(`\n${reportText(results, targets, settings.small.heapMb)}\n`);
    console.log(
      machine.durable
        ? 'PostgreSQL was durable: each commit waited for the disk.'
        : 'PostgreSQL was NOT durable: commits did not wait for the disk.',
    );
    mkdirSync(dirname(settings.out), { recursive: true });
    const report = { at: new Date().toISOString(), seed: SEED, settings, machine, ...results, targets };
    writeFileSync(settings.out, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`The numbers are in ${settings.out}.`);
    if (settings.check && targets.some((target) => !target.met)) process.exitCode = 1;
  } finally {
    await owner.end();
    await services.close();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});
