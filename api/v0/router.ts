import express, { Router } from 'express';
import type { KeyRing } from '../../services/encryption';
import { EngineError } from '../../services/engine/engine-error';
import { isTooDeep } from '../body-depth';
import { createAttachmentRoutes } from './attachment-routes';
import { createCalls, type EngineDoorParts } from './calls';
import { createCommentRoutes } from './comment-routes';
import { createFailureHandler } from './failures';
import { createFileRoutes, type FileRouteParts } from './file-routes';
import { createImitationRoutes } from './imitation-routes';
import { createRecordRoutes } from './record-routes';
import { createSchemaRoutes } from './schema-routes';
import { createViewRoutes } from './view-routes';
import { createWebhookRoutes } from './webhook-routes';

/** Ten records with several long texts each. */
const MAX_BODY = '8mb';

export interface EngineRouterParts extends EngineDoorParts {
  /** Seals the keys of webhooks' signatures. */
  readonly keyRing: KeyRing;
  /** Serves attachments' bytes under signed addresses; not at all where absent. */
  readonly downloads?: FileRouteParts;
  /** Hears of failures that are the server's own fault; nobody does by default. */
  readonly report?: (error: unknown) => void;
}

function refuseRoute(): never {
  throw new EngineError(404, 'NOT_FOUND', 'Could not find what you are looking for');
}

/** The Airtable Web API on the engine, to be mounted at /v0. It reads bodies itself and answers errors in Airtable's shapes. */
export function createEngineRouter(parts: EngineRouterParts): Router {
  const router = Router();
  const calls = createCalls(parts);
  if (parts.downloads) router.use(createFileRoutes(parts.downloads));
  router.use(express.json({ limit: MAX_BODY }));
  router.use((req, _res, next) => {
    if (isTooDeep(req.body))
      throw new EngineError(422, 'INVALID_REQUEST_BODY', 'The request body is nested too deep');
    next();
  });
  router.use('/meta', createSchemaRoutes(calls, parts.engine));
  router.use('/meta', createViewRoutes(calls));
  if (parts.imitation) router.use('/meta', createImitationRoutes(calls, parts.imitation));
  router.use('/bases', createWebhookRoutes(calls, parts.keyRing));
  // Not to be taken for bases of these names.
  router.use(['/meta', '/bases'], refuseRoute);
  router.use(createCommentRoutes(calls));
  router.use(createAttachmentRoutes(calls));
  router.use(createRecordRoutes(calls));
  router.use(refuseRoute);
  router.use(createFailureHandler(parts.report ?? (() => undefined)));
  return router;
}
