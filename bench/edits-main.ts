import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { createTemporalClient } from '../temporal-config/connection';
import { measureGrowth } from './edits-growth';
import { editsText, judgeEdits, plotGrowth } from './edits-report';
import { measureRounds } from './edits-rounds';
import { connectEngine, type EditScene } from './edits-scene';
import { makeToken } from './measured-base';
import { connect } from './plain-table';
import { createProductClient } from './product-client';
import { describeMachine } from './report';

const Settings = z.object({
  apiPid: z.number().int(),
  postgresPid: z.number().int(),
  worker: z.object({
    metricsPort: z.number().int(),
    clockPort: z.number().int(),
    log: z.string(),
    flags: z.array(z.string()),
  }),
  records: z.number().int().min(100),
  /** 0 for none. */
  rounds: z.number().int(),
  sizes: z.array(z.number().int().min(1)),
  out: z.string(),
  plot: z.string(),
  check: z.boolean(),
});

/** Far above what the cells of films begin with, so that each edit changes every record. */
const FIRST_VOTES = 2_000_000;

/** `node dist/bench/edits-main.js`, started by scripts/bench-edits.mjs beside servers and an API of its own. */
async function main(): Promise<void> {
  const { worker, apiPid, postgresPid, ...settings } = Settings.parse(
    JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}'),
  );
  const config = readConfig(process.env);
  const services = createServices(config);
  const owner = await connect(config.databaseUrl);
  const temporal = createTemporalClient(config);
  try {
    const machine = { ...(await describeMachine(owner)), loadBefore: loadavg() };
    const person = await makeToken(services);
    let votes = FIRST_VOTES;
    const scene: EditScene = {
      product: createProductClient(config.apiUrl, person),
      temporal,
      owner,
      worker,
      apiUrl: config.apiUrl,
      apiPid,
      postgresPid,
      ...person,
      connectionId: await connectEngine(services, person, config.apiUrl),
      nextVotes: () => ++votes,
    };
    if (settings.rounds > 0) console.error(`${settings.records} records, by a loop and by an edit`);
    const rounds = settings.rounds > 0 ? await measureRounds(scene, settings.records, settings.rounds) : null;
    const growth = await measureGrowth(scene, settings.sizes, (what) => console.error(what));
    const results = { rounds, growth };
    const targets = judgeEdits(results);
    console.log(`\n${editsText(results, targets)}\n`);
    mkdirSync(dirname(settings.out), { recursive: true });
    const at = new Date().toISOString();
    const report = { at, settings, machine, loadAfter: loadavg(), ...results, targets };
    writeFileSync(settings.out, `${JSON.stringify(report, null, 2)}\n`);
    if (growth.length > 0) writeFileSync(settings.plot, plotGrowth(growth));
    console.log(
      `The numbers are in ${settings.out}${growth.length > 0 ? `, the plot in ${settings.plot}` : ''}.`,
    );
    if (settings.check && targets.some((target) => !target.met)) process.exitCode = 1;
  } finally {
    await Promise.all([owner.end(), temporal.connection.close(), services.close()]);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});
