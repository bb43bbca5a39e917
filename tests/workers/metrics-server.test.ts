import { createServer, type Server } from 'node:net';
import { startMetricsServer } from '../../workers/metrics-server';
import { createProcessMetrics } from '../../services/metrics/process-metrics';
import { createMetrics } from '../../services/airtable/limits';
import { parsePrometheus } from '../support/prometheus-text';

const metrics = createProcessMetrics({
  metrics: () => ({ ...createMetrics(), requests: 7 }),
  endpoints: () => [],
  pacing: () => ({ redisDown: false, processes: 1, waiting: 0 }),
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { server, port } = await listen();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, port: address.port };
}

describe('a worker’s metrics', () => {
  const logger = { warn: jest.fn() };
  let stop: () => void = () => undefined;
  afterEach(() => stop());

  it('are served at /metrics and nowhere else, until it ends', async () => {
    const port = await freePort();
    stop = await startMetricsServer({ metrics, port, logger });
    const url = `http://127.0.0.1:${port}`;
    const answer = await fetch(`${url}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const samples = parsePrometheus(await answer.text());
    expect(samples).toContainEqual({ name: 'sagatable_gateway_requests_total', labels: {}, value: 7 });
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/metrics/more`)).status).toBe(404);
    stop();
    await expect(fetch(`${url}/metrics`)).rejects.toThrow();
  });

  it('say which variable to change when their port is taken', async () => {
    const { server, port } = await listen();
    await expect(startMetricsServer({ metrics, port, logger })).rejects.toThrow(/METRICS_PORT/);
    await new Promise((resolve) => server.close(resolve));
  });

  it('that cannot be read answer 500 and are logged, without ending the worker', async () => {
    const port = await freePort();
    const broken = { ...metrics, render: () => Promise.reject(new Error('no figures')) };
    stop = await startMetricsServer({ metrics: broken, port, logger });
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(500);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });
});
