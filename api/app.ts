import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { SagatableError } from '../contracts/errors';
import { actorOf, createAuthentication } from './authenticate';
import { createCodecRoutes } from './codec';
import { isTooDeep, MAX_BODY_DEPTH } from './body-depth';
import type { ApiContext } from './context';
import { createEventStreams } from './events';
import { createHealthRoutes } from './health';
import { createMetricsRoutes } from './metrics';
import { createOperationDoor } from './operation-door';
import { createOpenApiRoutes } from './openapi/routes';
import { createProblemHandler } from './problems';
import { createChatRoutes } from './routes/chats';
import { createConnectionRoutes } from './routes/connections';
import { createCopyRoutes } from './routes/copies';
import { createApprovalRoutes } from './routes/approvals';
import { createAuditRoutes } from './routes/audit';
import { createEditRoutes } from './routes/edits';
import { createOperationReadRoutes } from './routes/operation-reads';
import { createOperationRoutes } from './routes/operations';
import { createPageRouter } from './routes/page';
import { createReviewRoutes } from './routes/review';
import { createSessionRoutes } from './routes/sessions';
import { createTokenRoutes } from './routes/tokens';
import { createUsageRoutes } from './routes/usage';
import { createUserRoutes } from './routes/users';
import { createMarkerRoutes } from './routes/markers';
import { createWatchRoutes } from './routes/watches';
import { createWorkspaceRoutes } from './routes/workspaces';
import { createTemporalUiRoutes } from './temporal-ui';
import { createEngineRouter } from './v0/router';

/** Change sets may be large (50,000 changes are some 8 MB); everything else is small. */
const EDIT_BODY = '32mb';
const BODY = '256kb';

/** The whole HTTP side: doors only, no thinking. */
export function createApp(context: ApiContext): Express {
  const { services, temporal, logger, config } = context;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');

  app.use((req, res, next) => {
    const id = randomUUID();
    res.locals['requestId'] = id;
    res.set('X-Request-Id', id);
    res.on('finish', () =>
      logger.debug({ id, method: req.method, path: req.path, status: res.statusCode }, 'request'),
    );
    next();
  });
  app.use(createHealthRoutes(context));
  // Before helmet: the Web UI brings a policy of its own.
  app.use(createTemporalUiRoutes(context));
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          objectSrc: ["'none'"],
        },
      },
      strictTransportSecurity: config.production,
    }),
  );
  app.use(createMetricsRoutes(services));
  app.use(createCodecRoutes(context));
  app.use(
    '/v0',
    createEngineRouter({
      db: services.db,
      engine: services.engine,
      imitation: services.imitation,
      downloads: services.downloads,
      keyRing: services.keyRing,
      nudge: (effect) => services.background.nudge(effect),
      authenticate: (bearer) => services.personalTokens.authenticateToken(bearer),
      report: (error) => logger.error({ err: error }, 'a request to /v0 failed'),
    }),
  );

  const streamEvents = createEventStreams();
  const door = createOperationDoor({
    db: services.db,
    operations: services.operations,
    temporal,
    secret: config.jwtSecret,
    logger,
  });
  app.use('/v1', (_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  app.use('/v1', createAuthentication({ config, services }));
  // Who is not signed in gets no 32 MB read and parsed.
  app.post(
    '/v1/workspaces/:workspaceId/edits',
    (req, _res, next) => {
      actorOf(req);
      next();
    },
    express.json({ limit: EDIT_BODY }),
  );
  app.use('/v1', express.json({ limit: BODY }));
  app.use('/v1', (req, _res, next) => {
    if (isTooDeep(req.body)) {
      throw new SagatableError('InvalidInput', `The body is nested more than ${MAX_BODY_DEPTH} deep.`, {
        code: 'body_too_deep',
      });
    }
    next();
  });
  app.use(createSessionRoutes({ config, services }));
  app.use(createUserRoutes({ services }));
  app.use(createTokenRoutes({ services }));
  app.use(createWorkspaceRoutes({ services }));
  app.use(createOperationRoutes(context, door));
  app.use(createOperationReadRoutes(context, streamEvents));
  app.use(createCopyRoutes({ services }));
  app.use(createAuditRoutes(context));
  app.use(createEditRoutes(context));
  app.use(createReviewRoutes(context));
  app.use(createApprovalRoutes(context));
  app.use(createConnectionRoutes(context));
  app.use(createUsageRoutes(context));
  app.use(createWatchRoutes(context));
  app.use(createMarkerRoutes(context));
  app.use(createChatRoutes(context, streamEvents));
  app.use(createOpenApiRoutes());
  app.use(createPageRouter());

  app.use((req) => {
    throw new SagatableError('NotFound', `There is no ${req.method} ${req.path}.`, { code: 'unknown_route' });
  });
  app.use(createProblemHandler({ logger }));
  return app;
}
