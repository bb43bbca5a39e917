import { Router } from 'express';
import type { ApiContext } from './context';

/** /healthz: the process lives. /readyz: it can serve, with what is missing by name. */
export function createHealthRoutes({ services, temporal }: ApiContext): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    const checks = {
      postgres: () => services.db.ping(),
      redis: () => services.redis.ping(),
      temporal: () =>
        temporal.withDeadline(Date.now() + 2_000, () =>
          temporal.connection.workflowService.getSystemInfo({}),
        ),
    };
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const timeout = new Promise<never>((_, reject) =>
          setTimeout(reject, 2_500, new Error('no answer')).unref(),
        );
        return [
          name,
          await Promise.race([check(), timeout]).then(
            () => 'ok',
            () => 'unavailable',
          ),
        ] as const;
      }),
    );
    const ready = results.every(([, state]) => state === 'ok');
    res
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ok' : 'unavailable', ...Object.fromEntries(results) });
  });
  return router;
}
