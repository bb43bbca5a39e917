import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { readConfig, type Config } from '../services/config';
import { createServices, type Services } from '../services/create-services';
import { createTemporalClient } from '../temporal-config/connection';
import { ensureSearchAttributes } from '../temporal-config/search-attributes';
import { readCpuTime } from './cpu-time';
import { makeToken } from './measured-base';
import { judge, reportText } from './operations-report';
import { compareRequests, countRequests } from './operations-requests';
import { measureOperation, measurePlain, type ReadCpu } from './operations-runs';
import { Settings } from './operations-settings';
import { connect } from './plain-table';
import { describeMachine } from './report';
import { compare, type Comparison } from './side-by-side';

const AT_ONCE = 20;

/** Operations and plain workflows, all carried out by the one process of workers. */
async function compareRuns(
  config: Config,
  services: Services,
  settings: Settings,
  workspaceId: string,
  readCpu: ReadCpu,
): Promise<Comparison[]> {
  const own = createTemporalClient(config);
  const connection = await Connection.connect({ address: config.temporalAddress });
  const plain = new Client({ connection, namespace: config.temporalNamespace });
  await ensureSearchAttributes(own);
  const counts = { single: settings.single, many: settings.many, atOnce: AT_ONCE };
  const pair = (name: string, ours: string, theirs: string) =>
    compare(name, settings.rounds, {
      ours: () => measureOperation(services, own, ours, counts, workspaceId, readCpu),
      plain: () => measurePlain(plain, theirs, counts, workspaceId, readCpu),
    });
  try {
    return [
      await pair('five own-store steps / five local no-ops', 'fiveOwnSteps', 'fiveLocalActivities'),
      await pair('five journalled steps / five activities that insert', 'fiveJournalledSteps', 'fiveInserts'),
    ];
  } finally {
    await connection.close();
    await own.connection.close();
  }
}

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Only the starting is measured: nobody polls meanwhile. */
async function stopWorkers(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  while (runs(pid)) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** `node dist/bench/operations-main.js`, started by scripts/bench-operations.mjs beside the processes that it measures. */
async function main(): Promise<void> {
  const settings = Settings.parse(JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}'));
  const config = readConfig(process.env);
  const services = createServices(config);
  const readCpu = () => readCpuTime({ ...settings.pids, benchmark: process.pid });
  try {
    const owner = await connect(config.databaseUrl);
    const machine = await describeMachine(owner);
    await owner.end();
    const person = await makeToken(services);
    const loadBefore = loadavg();
    console.error('running operations and plain workflows');
    const carriedOut = await compareRuns(config, services, settings, person.workspaceId, readCpu);
    await stopWorkers(settings.pids.workers);
    console.error('starting and reading over HTTP');
    const requests = await compareRequests(config, settings, person, readCpu);
    console.error('counting round trips');
    const roundTrips = await countRequests(services, config, settings, person);
    const results = { comparisons: [...carriedOut, ...requests], roundTrips };
    const targets = judge(results);
    console.log(`\n${reportText(results, targets)}\n`);
    mkdirSync(dirname(settings.out), { recursive: true });
    const { rounds, single, many, seconds, temporal } = settings;
    const report = {
      at: new Date().toISOString(),
      settings: { rounds, single, many, seconds, temporal },
      machine: { ...machine, load: { before: loadBefore, after: loadavg() } },
      ...results,
      targets,
    };
    writeFileSync(settings.out, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`The numbers are in ${settings.out}.`);
    if (settings.check && targets.some((target) => !target.met)) process.exitCode = 1;
  } finally {
    await services.close();
  }
}

main()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exitCode = 1;
  })
  .finally(() => process.exit());
