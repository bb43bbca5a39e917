import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Logger } from 'pino';
import type { ProcessMetrics } from '../services/metrics/process-metrics';

export interface MetricsServerOptions {
  readonly metrics: ProcessMetrics;
  readonly port: number;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Serves GET /metrics of a worker on 127.0.0.1: a worker has no other door, and this one asks nobody who they are. Returns
 * what ends it. Throws when the port is taken.
 */
export async function startMetricsServer({
  metrics,
  port,
  logger,
}: MetricsServerOptions): Promise<() => void> {
  const server = createServer((req, res) => {
    if (req.url?.split('?')[0] !== '/metrics' || (req.method !== 'GET' && req.method !== 'HEAD')) {
      res
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
        .end('There is only GET /metrics.\n');
      return;
    }
    metrics.render().then(
      (text) =>
        res
          .writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' })
          .end(req.method === 'HEAD' ? undefined : text),
      (error: unknown) => {
        logger.warn({ err: error }, 'the metrics could not be read');
        res.writeHead(500).end();
      },
    );
  });
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(
      `The worker cannot serve its metrics on port ${port}: set METRICS_PORT to a free one, or to none.`,
      { cause },
    );
  }
  server.on('error', (error) => logger.warn({ err: error }, 'the metrics are no longer served'));
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
