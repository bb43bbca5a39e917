import { Router } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { SagatableError } from '../contracts/errors';
import type { ApiContext } from './context';
import { operatorOf } from './operator';

/**
 * Serves Temporal's Web UI under our own origin at /temporal. So its calls to the codec server carry the
 * operator's cookie, and nobody who has not signed in sees, or terminates, anything.
 */
export function createTemporalUiRoutes(context: ApiContext): Router {
  const router = Router();
  const proxy = createProxyMiddleware({ target: context.config.temporalUiUrl, changeOrigin: true, pathFilter: '/temporal' });

  router.use(async (req, res, next) => {
    if (!/^\/temporal(\/|\?|$)/.test(req.url)) {
      next();
      return;
    }
    try {
      await operatorOf(context, req);
    } catch (error) {
      const wantsPage = req.method === 'GET' && req.accepts(['json', 'html']) === 'html';
      if (!wantsPage || !(error instanceof SagatableError) || error.kind !== 'Unauthenticated') throw error;
      res.redirect(302, `/?next=${encodeURIComponent(req.originalUrl)}`);
      return;
    }
    await proxy(req, res, next);
  });
  return router;
}
