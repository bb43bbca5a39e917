import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { openAirtableSide } from './airtable-side';
import { measureBulk } from './gateway-bulk';
import { readFigures } from './gateway-figures';
import { measureForeign, type ForeignResult } from './gateway-foreign';
import { measureLoops } from './gateway-loops';
import { gatewayText, judgeGateway } from './gateway-report';
import { readArrivals, watchArrivals, type Scene } from './gateway-scene';
import { makeToken } from './measured-base';
import { connect } from './plain-table';
import { createProductClient } from './product-client';
import { describeMachine } from './report';

/** One seed for all that is random, so that two runs measure the same. */
const SEED = 20_261_121;
/** All that Airtable gives: nobody else uses the base. */
const FULL_SHARE = 5;
/** With somebody else on the base: the share that connections have by themselves, and one that leaves nothing. */
const SHARES_BESIDE_FOREIGN = [3, 5];

const Settings = z.object({
  proxyUrl: z.string(),
  airtable: z.object({ url: z.string(), databaseUrl: z.string(), redisPrefix: z.string() }),
  /** Where the workers tell what they counted. */
  metricsUrls: z.array(z.string()),
  records: z.number().int().min(100),
  /** 0 for none. */
  loopSeconds: z.number().int(),
  foreignSeconds: z.number().int(),
  out: z.string(),
  log: z.string().nullable(),
  check: z.boolean(),
});

function write(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** `node dist/bench/gateway-main.js`, started by scripts/bench-gateway.mjs beside all processes that it measures. */
async function main(): Promise<void> {
  const { airtable, proxyUrl, metricsUrls, ...settings } = Settings.parse(
    JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}'),
  );
  const config = readConfig(process.env);
  const services = createServices(config);
  const side = openAirtableSide(config, airtable);
  const owner = await connect(config.databaseUrl);
  const machine = await describeMachine(owner);
  await owner.end();
  const person = await makeToken(services);
  const customer = await side.addCustomer();
  const scene: Scene = {
    services,
    product: createProductClient(config.apiUrl, person),
    workspaceId: person.workspaceId,
    side,
    customer,
    airtable: { url: proxyUrl, token: customer.token },
    seed: SEED,
    ...watchArrivals(proxyUrl),
  };
  console.error(`changing ${settings.records} records, with reads beside it`);
  const base = await side.addBase(customer, settings.records);
  const bulk = await measureBulk(scene, base, FULL_SHARE);
  const workers = await Promise.all(metricsUrls.map(readFigures));
  const foreign: ForeignResult[] = [];
  for (const share of settings.foreignSeconds > 0 ? SHARES_BESIDE_FOREIGN : []) {
    console.error(`with a foreign client, share ${share}, ${settings.foreignSeconds} s`);
    foreign.push(await measureForeign(scene, share, settings.foreignSeconds));
  }
  if (settings.loopSeconds > 0) console.error(`the airtable package, ${settings.loopSeconds} s at most`);
  // Last, because its repeats go on until the process ends.
  const loops =
    settings.loopSeconds > 0 ? await measureLoops(scene, settings.records, settings.loopSeconds) : [];
  const results = { bulk, foreign, loops };
  const targets = judgeGateway(results);
  console.log(`\n${gatewayText(results, targets)}\n`);
  const at = new Date().toISOString();
  write(settings.out, { at, seed: SEED, settings, machine, ...results, workers, targets });
  console.log(`The numbers are in ${settings.out}.`);
  if (settings.log !== null) write(settings.log, await readArrivals(proxyUrl));
  if (settings.check && targets.some((target) => !target.met)) process.exitCode = 1;
  await side.close();
  await services.close();
}

main().then(
  // The loops have waits that nothing ends.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
  },
);
