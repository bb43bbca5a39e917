import { Router } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { z } from 'zod';
import { SagatableError } from '../contracts/errors';
import type { ApiContext } from './context';
import { operatorOf } from './operator';
import { RENDERED_TEXT_POLICY, renderText } from './rendered-text';

const Rendered = z.object({ content: z.string().default(''), theme: z.string().max(40).default('light') });

/**
 * Serves Temporal's Web UI under our own origin at /temporal. So its calls to the codec server carry the
 * operator's cookie, and nobody who has not signed in sees, or terminates, anything.
 */
export function createTemporalUiRoutes(context: ApiContext): Router {
  const router = Router();
  const proxy = createProxyMiddleware({
    target: context.config.temporalUiUrl,
    changeOrigin: true,
    pathFilter: '/temporal',
  });

  router.use(async (req, res, next) => {
    if (!/^\/(temporal|render)(\/|\?|$)/.test(req.url)) {
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
    if (req.path === '/temporal/api/v1/settings') {
      res.json(await readSettings(context));
    } else if (req.path === '/render') {
      const { content, theme } = Rendered.parse(req.query);
      res.set('Content-Security-Policy', RENDERED_TEXT_POLICY).type('html').send(renderText(content, theme));
    } else {
      await proxy(req, res, next);
    }
  });
  return router;
}

/** The Web UI's own settings, pointed at our codec, with the cookie: so it decodes without anybody setting it up. */
async function readSettings({ config }: ApiContext): Promise<Record<string, unknown>> {
  const response = await fetch(`${config.temporalUiUrl}/temporal/api/v1/settings`, {
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok)
    throw new SagatableError('Unavailable', 'Temporal’s Web UI does not answer.', {
      code: 'temporal_ui_unavailable',
    });
  const settings: unknown = await response.json();
  return {
    ...(typeof settings === 'object' ? settings : {}),
    Codec: {
      Endpoint: `${config.apiUrl}/codec`,
      PassAccessToken: false,
      IncludeCredentials: true,
      DefaultErrorMessage: '',
      DefaultErrorLink: '',
    },
  };
}
