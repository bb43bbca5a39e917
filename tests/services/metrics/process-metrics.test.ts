import type { Redis } from 'ioredis';
import type { AirtableGateway } from '../../../services/airtable/gateway';
import { createMetrics } from '../../../services/airtable/limits';
import { createProcessMetrics } from '../../../services/metrics/process-metrics';
import { ANSWERS, startAirtableStandIn, type AirtableStandIn } from '../../support/airtable-standin';
import { parsePrometheus } from '../../support/prometheus-text';
import { BASE, CONNECTION, connectRedis, createTestGateway, failureOf, TOKEN } from '../airtable/setup';

describe('the figures of a process', () => {
  let standIn: AirtableStandIn;
  let redis: Redis;
  let gateway: AirtableGateway;

  beforeAll(async () => {
    standIn = await startAirtableStandIn();
    redis = connectRedis();
    ({ gateway } = createTestGateway(standIn, redis));
  });
  afterAll(async () => {
    await gateway.close();
    redis.disconnect();
    await standIn.close();
  });

  const read = async (from: Parameters<typeof createProcessMetrics>[0] = gateway) =>
    parsePrometheus(await createProcessMetrics(from).render());

  it('are text that Prometheus reads, with Node’s own', async () => {
    const names = (await read()).map(({ name }) => name);
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_heap_size_used_bytes',
      'nodejs_eventloop_lag_seconds',
    ])
      expect(names).toContain(name);
  });

  it('show what the gateway counted until now', async () => {
    const metrics = createProcessMetrics(gateway);
    const figure = async (name: string, labels = {}) => {
      const samples = parsePrometheus(await metrics.render());
      const found = samples.find(
        (s) => s.name === name && JSON.stringify(s.labels) === JSON.stringify(labels),
      );
      return found?.value;
    };
    expect(await figure('sagatable_gateway_requests_total')).toBe(0);
    const client = await gateway.open(CONNECTION, 'interactive');
    standIn.script(ANSWERS.unavailable, ANSWERS.rateLimited);
    await client.whoami();
    standIn.script(ANSWERS.billing);
    await failureOf(client.getBaseSchema(BASE));
    expect(await figure('sagatable_gateway_requests_total')).toBe(4);
    expect(await figure('sagatable_gateway_retries_total')).toBe(2);
    expect(await figure('sagatable_gateway_rate_limited_total')).toBe(1);
    expect(await figure('sagatable_gateway_quota_refusals_total')).toBe(1);
    expect(await figure('sagatable_gateway_circuit', { host: standIn.host })).toBe(0);
    // The same when it is asked again: these are totals, not what came since.
    expect(await figure('sagatable_gateway_requests_total')).toBe(4);
  });

  it('leave out nothing that the gateway counts', async () => {
    const counted = Object.fromEntries(Object.keys(createMetrics()).map((key, i) => [key, (i + 1) * 1_000]));
    const samples = await read({
      metrics: () => ({ ...createMetrics(), ...counted }),
      endpoints: () => [],
      pacing: () => ({ redisDown: false, processes: 1, waiting: 0 }),
    });
    const values = samples.filter(({ name }) => name.startsWith('sagatable_')).map(({ value }) => value);
    for (const [key, value] of Object.entries(counted))
      expect(values).toContain(key.startsWith('waitedMs') ? value / 1_000 : value);
  });

  it('name no tenant, no base and no token', async () => {
    const text = await createProcessMetrics(gateway).render();
    for (const secret of [CONNECTION.workspaceId, CONNECTION.id, BASE, TOKEN, 'usrStandIn'])
      expect(text).not.toContain(secret);
  });
});
