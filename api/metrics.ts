import { Router } from 'express';
import type { Services } from '../services/create-services';

/**
 * GET /metrics: what this process counted, for Prometheus. It needs no sign-in, as it holds no secret and nothing of a
 * tenant; who keeps the operation's figures to themselves closes the path at the proxy.
 */
export function createMetricsRoutes({ metrics }: Pick<Services, 'metrics'>): Router {
  const router = Router();
  router.get('/metrics', async (_req, res) => {
    const text = await metrics.render();
    res.set('Cache-Control', 'no-store');
    // Not `send`, which would put the parameters of the type in another order and a digest beside it.
    res.set('Content-Type', metrics.contentType).end(text);
  });
  return router;
}
