import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { mapErrors } from '../activities/failures';
import { readConfig, type Config } from '../services/config';
import { createServices, type Services } from '../services/create-services';
import { parseKeyRing } from '../services/encryption';
import { createTemporalClient } from '../temporal-config/connection';
import { createDataConverter, failureConverterPath } from '../temporal-config/data-converter';
import { ensureSearchAttributes } from '../temporal-config/search-attributes';
import { load, type Request } from './http-load';
import { makeToken } from './measured-base';
import { createMeasuredActivities } from './operations-activities';
import { measureOperation, measurePlain, OWN_QUEUE, PLAIN_QUEUE } from './operations-runs';
import { connect } from './plain-table';
import { atLeast, atMost, describeMachine, tableText, type Target } from './report';
import { compare, type Comparison, type Round } from './side-by-side';

const Settings = z.object({
  plainUrl: z.string(),
  rounds: z.number().int().min(1),
  single: z.number().int().min(5),
  many: z.number().int().min(10),
  seconds: z.number().int().min(1),
  out: z.string(),
  check: z.boolean(),
});
type Settings = z.infer<typeof Settings>;

const AT_ONCE = 20;
const CLIENTS = 16;
/** Rows on the page that is read. */
const LISTED = 25;

/** Both workers in this process: whatever it costs to share it, they share it. */
async function runWorkers(config: Config, services: Services): Promise<() => Promise<void>> {
  const connection = await NativeConnection.connect({ address: config.temporalAddress });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('./operations-workflows'),
    failureConverterPath,
  });
  const activities = mapErrors(createMeasuredActivities(services));
  const common = { connection, namespace: config.temporalNamespace, workflowBundle, activities };
  const dataConverter = createDataConverter(parseKeyRing(config.encryptionKeys));
  const workers = [
    await Worker.create({ ...common, taskQueue: OWN_QUEUE, dataConverter }),
    await Worker.create({ ...common, taskQueue: PLAIN_QUEUE }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await running;
    await connection.close();
  };
}

async function compareRuns(config: Config, services: Services, settings: Settings, workspaceId: string) {
  const own = createTemporalClient(config);
  const connection = await Connection.connect({ address: config.temporalAddress });
  const plain = new Client({ connection, namespace: config.temporalNamespace });
  await ensureSearchAttributes(own);
  const stop = await runWorkers(config, services);
  const counts = { single: settings.single, many: settings.many, atOnce: AT_ONCE };
  const pair = (name: string, ours: string, theirs: string) =>
    compare(name, settings.rounds, {
      ours: () => measureOperation(services, own, ours, counts, workspaceId),
      plain: () => measurePlain(plain, theirs, counts, workspaceId),
    });
  try {
    return [
      await pair('five own-store steps / five local no-ops', 'fiveOwnSteps', 'fiveLocalActivities'),
      await pair('five journalled steps / five activities that insert', 'fiveJournalledSteps', 'fiveInserts'),
    ];
  } finally {
    await stop();
    await connection.close();
    await own.connection.close();
  }
}

/** No worker runs meanwhile: only the starting is measured. */
async function compareRequests(
  config: Config,
  settings: Settings,
  person: { workspaceId: string; token: string },
) {
  const headers = { authorization: `Bearer ${person.token}`, prefer: 'wait=0' };
  const start: Request = {
    origin: config.apiUrl,
    method: 'POST',
    path: '/v1/workspaces',
    headers: () => ({ ...headers, 'idempotency-key': randomUUID() }),
    body: () => ({ name: 'Bench' }),
    status: 202,
  };
  const list: Request = {
    origin: config.apiUrl,
    method: 'GET',
    path: `/v1/workspaces/${person.workspaceId}/operations?limit=${LISTED}`,
    headers: () => headers,
    status: 200,
  };
  const plainStart: Request = {
    ...start,
    origin: settings.plainUrl,
    path: '/start',
    headers: () => ({}),
  };
  const plainList: Request = {
    ...list,
    origin: settings.plainUrl,
    path: `/operations/${person.workspaceId}`,
    headers: () => ({}),
  };
  const round = (request: Request) => async (): Promise<Round> => {
    const { perSecond, ms } = await load(request, CLIENTS, settings.seconds);
    return { perSecond, p50Ms: ms.median };
  };
  const pair = (name: string, ours: Request, plain: Request) =>
    compare(name, settings.rounds, { ours: round(ours), plain: round(plain) });
  return [
    await pair('starting an operation / starting a workflow', start, plainStart),
    await pair('listing operations / the same query', list, plainList),
  ];
}

function judge([own, journalled, start, list]: readonly Comparison[]): Target[] {
  const targets: Target[] = [];
  if (own)
    targets.push(
      atMost('own-store steps: p50', own.p50Ratio, 1.5),
      atLeast('own-store steps: throughput', own.throughputRatio, 0.7),
    );
  if (journalled)
    targets.push(
      atMost('journalled steps: p50', journalled.p50Ratio, 1.15),
      atLeast('journalled steps: throughput', journalled.throughputRatio, 0.9),
    );
  if (start) targets.push(atLeast('starting over HTTP: throughput', start.throughputRatio, 0.8));
  if (list) targets.push(atLeast('reading: throughput', list.throughputRatio, 0.6));
  return targets;
}

const middle = (rounds: readonly Round[], of: (round: Round) => number) =>
  [...rounds].map(of).sort((a, b) => a - b)[rounds.length >> 1] ?? 0;

function reportText(comparisons: readonly Comparison[], targets: readonly Target[]): string {
  return [
    tableText(
      ['', 'ours p50', 'plain p50', 'ratio', 'ours /s', 'plain /s', 'ratio'],
      comparisons.map((c) => [
        c.name,
        `${middle(c.ours, (r) => r.p50Ms).toFixed(1)} ms`,
        `${middle(c.plain, (r) => r.p50Ms).toFixed(1)} ms`,
        c.p50Ratio.toFixed(2),
        middle(c.ours, (r) => r.perSecond).toFixed(0),
        middle(c.plain, (r) => r.perSecond).toFixed(0),
        c.throughputRatio.toFixed(2),
      ]),
    ),
    tableText(
      ['Target', 'wanted', 'value', ''],
      targets.map((t) => [t.name, t.wanted, t.value.toFixed(2), t.met ? 'met' : 'MISSED']),
    ),
  ].join('\n\n');
}

/** `node dist/bench/operations-main.js`, started by scripts/bench-operations.mjs beside the processes that it measures. */
async function main(): Promise<void> {
  const settings = Settings.parse(JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}'));
  const config = readConfig(process.env);
  const services = createServices(config);
  try {
    const owner = await connect(config.databaseUrl);
    const machine = await describeMachine(owner);
    await owner.end();
    const person = await makeToken(services);
    console.error('running operations and plain workflows');
    const runs = await compareRuns(config, services, settings, person.workspaceId);
    console.error('starting and reading over HTTP');
    const requests = await compareRequests(config, settings, person);
    const comparisons = [...runs, ...requests];
    const targets = judge(comparisons);
    console.log(`\n${reportText(comparisons, targets)}\n`);
    mkdirSync(dirname(settings.out), { recursive: true });
    const report = { at: new Date().toISOString(), settings, machine, comparisons, targets };
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
