/**
 * `npm run bench -- gateway`: measures the gateway's pace against the engine imitating Airtable's limits, with the processes
 * that `npm start` has, but for a second worker and an API process that plays Airtable. Never part of `npm test`.
 */
import { join, resolve } from 'node:path';
import { appEnvironment, checkConnections, runMain } from './app.mjs';
import { answersOk, makePlace, runBenchmark, startApi, startMain, waitUntilUp } from './bench-servers.mjs';
import { freePorts } from './ports.mjs';
import { query } from './postgres.mjs';
import { step } from './progress.mjs';
import { startServers } from './servers.mjs';

export const help = `npm run bench -- gateway [FLAGS]

Measures a bulk edit with interactive reads beside it through the gateway, against the engine imitating Airtable's limits;
beside it loops over the airtable package. Then the same with a foreign client on the base. Prints tables and writes JSON.

  --records N          records that the edit changes (2000)
  --loop-seconds N     for how long the two loops run at most (100)
  --foreign-seconds N  how long each of the two rounds with a foreign client takes (90)
  --no-foreign         without those
  --no-loops           without the loops
  --out FILE           where the numbers go (.data-bench/gateway.json)
  --log FILE           also writes when each request arrived, for looking closer
  --check              exit code 1 when a target is missed
  --help               this text
`;

export const options = {
  records: { type: 'string', default: '2000' },
  'loop-seconds': { type: 'string', default: '100' },
  'foreign-seconds': { type: 'string', default: '90' },
  foreign: { type: 'boolean', default: true },
  loops: { type: 'boolean', default: true },
  out: { type: 'string', default: join('.data-bench', 'gateway.json') },
  log: { type: 'string' },
  check: { type: 'boolean', default: false },
};

/** `whole(name, least)` reads a flag that is a whole number. */
export function readSettings(values, whole) {
  return {
    records: whole('records', 100),
    loopSeconds: values.loops ? whole('loop-seconds', 10) : 0,
    foreignSeconds: values.foreign ? whole('foreign-seconds', 20) : 0,
    out: resolve(values.out),
    log: values.log === undefined ? null : resolve(values.log),
    check: values.check,
  };
}

/** Processes with a pool: two APIs, two workers, and the benchmark, which opens both databases. */
const PROCESSES = 6;

export async function measure(settings, { signal, cleanups }) {
  const { dataDir } = await makePlace(cleanups);
  const names = ['api', 'airtable', 'proxy', 'worker1', 'worker2'];
  const ports = await freePorts([...names, 'temporal', 'temporalUi', 'postgres', 'redis']);
  const servers = await startServers({ dataDir, ports, env: {}, signal });
  cleanups.push(() => servers.stop());
  const { running } = servers;

  const kept = { ...process.env, LOG_LEVEL: 'warn', API_URL: `http://127.0.0.1:${ports.api}` };
  const host = `127.0.0.1:${ports.proxy}`;
  const product = {
    ...appEnvironment({ env: kept, servers, dataDir, ports }),
    AIRTABLE_HOSTS: host,
    REDIS_PREFIX: 'sagatable:',
  };
  // Its own database and its own part of Redis: it shares nothing with the product but the machine.
  const airtable = {
    ...product,
    DATABASE_URL: databaseBeside(servers.databaseUrl, 'airtable'),
    REDIS_PREFIX: 'airtable:',
    AIRTABLE_HOSTS: '',
  };
  await step('Migrations', async () => {
    await checkConnections(servers.databaseUrl, product, PROCESSES);
    await query(servers.databaseUrl, 'CREATE DATABASE airtable');
    for (const env of [product, airtable])
      await runMain('services/database/migrate-main.js', { env, signal });
  });

  const common = { dataDir, running, signal };
  const airtableUrl = await step('Processes', async () => {
    const played = await startApi({ ...common, name: 'airtable', port: ports.airtable, env: airtable });
    const counting = { BENCH_PROXY: JSON.stringify({ port: ports.proxy, target: played.url }) };
    const proxy = startMain({
      ...common,
      name: 'proxy',
      file: 'bench/counting-proxy-main.js',
      env: { ...process.env, ...counting },
    });
    const workers = ['worker1', 'worker2'].map((name) =>
      startMain({
        ...common,
        name,
        file: 'workers/main.js',
        env: { ...product, METRICS_PORT: String(ports[name]) },
      }),
    );
    await startApi({ ...common, name: 'api', port: ports.api, path: '/readyz', env: product });
    const urls = [`http://${host}/log`, ...workersMetrics(ports)];
    await waitUntilUp(
      [proxy, ...workers],
      async () => (await Promise.all(urls.map(answersOk))).every(Boolean),
      {
        signal,
      },
    );
    return played.url;
  });
  const told = {
    ...settings,
    proxyUrl: `http://${host}`,
    airtable: { url: airtableUrl, databaseUrl: airtable.DATABASE_URL, redisPrefix: airtable.REDIS_PREFIX },
    metricsUrls: workersMetrics(ports),
  };
  await runBenchmark('gateway-main.js', told, { env: product, signal });
}

const workersMetrics = (ports) =>
  [ports.worker1, ports.worker2].map((port) => `http://127.0.0.1:${port}/metrics`);

function databaseBeside(databaseUrl, name) {
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
