import { static as serveFolder, Router } from 'express';
import { absolutePath } from 'swagger-ui-dist';
import { describeApi } from './document';

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sagatable API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><main id="swagger-ui"></main>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;

const START = `window.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui' });`;

/** /openapi.json for programs, /docs for people. */
export function createOpenApiRoutes(): Router {
  const router = Router();
  const document = describeApi();
  router.get('/openapi.json', (_req, res) => {
    res.json(document);
  });
  router.get('/docs', (_req, res) => {
    // Swagger UI sets styles on elements and uses data: images; the rest of the policy stays.
    res.set(
      'Content-Security-Policy',
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    );
    res.type('html').send(PAGE);
  });
  router.get('/docs/start.js', (_req, res) => {
    res.type('js').send(START);
  });
  router.use('/docs/assets', serveFolder(absolutePath(), { index: false }));
  return router;
}
