import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { type Router } from 'express';
import helmet from 'helmet';

/**
 * The review page: a client of the public API, served at `/` with its files under `/page/`.
 *
 * No script or style but its own files, nothing from or to another host, no framing; `trusted-types 'none'` has the browser
 * itself refuse any text that is made into markup. Files are revalidated by ETag at each visit, as their names never change.
 * @param directory where the page's files are
 */
export function createPageRouter(directory: string = findPageDirectory()): Router {
  const router = express.Router();
  const headers = [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'self'"],
          'base-uri': ["'none'"],
          'form-action': ["'none'"],
          'frame-ancestors': ["'none'"],
          'object-src': ["'none'"],
          'require-trusted-types-for': ["'script'"],
          'trusted-types': ["'none'"],
        },
      },
      referrerPolicy: { policy: 'no-referrer' },
      xFrameOptions: { action: 'deny' },
      // Belongs to whoever ends TLS.
      strictTransportSecurity: false,
    }),
    (_req: express.Request, res: express.Response, next: express.NextFunction) => {
      res.setHeader('Cache-Control', 'no-cache');
      res.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
      next();
    },
  ];
  const files = { index: false, cacheControl: false, dotfiles: 'ignore' } as const;
  router.get('/', headers, (_req: express.Request, res: express.Response) => {
    res.sendFile('index.html', { root: directory, cacheControl: false });
  });
  router.use('/page', headers, express.static(directory, { ...files, redirect: false }));
  return router;
}

/** The files are not compiled: beside this module in the sources, or in the sources when this is the compiled module. */
function findPageDirectory(): string {
  const here = path.join(__dirname, '..', 'page');
  return existsSync(here) ? here : path.join(__dirname, '..', '..', '..', 'api', 'page');
}
