import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { hostOf } from './airtable/cache/cached-request';
import { createReadCache } from './airtable/cache/read-cache';
import { createAirtableGateway } from './airtable/gateway';
import { createApprovals } from './approvals/approvals';
import { createAudit } from './audit/audit';
import { createChangeTrail } from './audit/change-trail';
import { createRecordHistory } from './audit/record-history';
import { createChats } from './chats/chats';
import { createTurns } from './chats/turns';
import type { Config } from './config';
import { createCopies } from './copies/copies';
import { openDatabase } from './database/database';
import { createEdits } from './edits/edits';
import { createMarkers } from './edits/markers';
import { createReviews } from './edits/reviews';
import { createEditViews } from './edits/views';
import { parseKeyRing } from './encryption';
import { createEngineServices } from './engine-services';
import { createAccessTokens } from './identity/access-tokens';
import { createBrowserSessions } from './identity/browser-sessions';
import { createPermissions } from './identity/permissions';
import { createPersonalTokens } from './identity/personal-tokens';
import { createRegistrations } from './identity/registrations';
import { createSessions } from './identity/sessions';
import { createUsers } from './identity/users';
import { createProcessMetrics } from './metrics/process-metrics';
import { createOperations } from './operations/operations';
import { createPlanner, describePlanner } from './planners/choose';
import { createUsage } from './usage/usage';
import { createWitness } from './witness/witness';
import { createConnections } from './workspaces/connections';
import { createMembers } from './workspaces/members';
import { createProvisioning } from './workspaces/provisioning';
import { createWorkspaces } from './workspaces/workspaces';

/**
 * Makes every service once, from the configuration alone; they are passed on by parameter. `report` hears of failures of
 * work that nobody waits for.
 */
export function createServices(config: Config, report: (error: unknown) => void = printError) {
  const db = openDatabase(config.databaseUrl, config.databasePool);
  const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 2, enableOfflineQueue: true });
  // Each use sees its own failure; without a listener the connection's own errors would end the process.
  redis.on('error', () => undefined);
  const keyRing = parseKeyRing(config.encryptionKeys);
  // The gateway and its connections know one address of the engine: the one that processes reach.
  const reaching = { ...config, apiUrl: config.engineUrl };

  const operations = createOperations(db);
  const registrations = createRegistrations();
  const personalTokens = createPersonalTokens({ db });
  const workspaces = createWorkspaces({ db });
  const members = createMembers({ db });
  const connections = createConnections({ db, keyRing, config: reaching });
  const engineServices = createEngineServices({ db, redis, keyRing, config, report });
  const { engine, files } = engineServices;
  const readCache = createReadCache({ redis, keyRing, redisPrefix: config.redisPrefix });
  const usage = createUsage({ db, report });
  const gateway = createAirtableGateway({
    redis,
    config: reaching,
    connections,
    cache: readCache,
    usage,
  });
  const trail = createChangeTrail(keyRing);
  const witness = createWitness({
    db,
    trail,
    gateway,
    connections,
    report,
    onForeignChange: async ({ workspaceId, connectionId, baseId }) => {
      const { url } = await connections.get(workspaceId, connectionId);
      await readCache.dropBase(hostOf(url), baseId);
    },
  });
  const editing = {
    db,
    gateway,
    connections,
    operations,
    config,
    trail,
  };
  const edits = createEdits(editing);
  const copies = createCopies({
    db,
    gateway,
    connections,
    operations,
    engine,
    files,
    config,
  });
  const chats = createChats({ db });
  const sessions = createSessions({ redis, config });
  const users = createUsers({ db });
  const planner = createPlanner(config);

  return {
    db,
    redis,
    operations,
    registrations,
    personalTokens,
    workspaces,
    members,
    connections,
    ...engineServices,
    readCache,
    usage,
    gateway,
    metrics: createProcessMetrics(gateway),
    edits,
    markers: createMarkers({ db, gateway, connections }),
    reviews: createReviews(editing),
    editViews: createEditViews(db),
    approvals: createApprovals({ db }),
    witness,
    copies,
    chats,
    turns: createTurns({ db, chats, planner, tools: { gateway, connections, edits } }),
    describePlanner: () => describePlanner(config),
    sessions,
    users,
    accessTokens: createAccessTokens({ config }),
    browserSessions: createBrowserSessions({ config, sessions, users }),
    permissions: createPermissions({ db }),
    provisioning: createProvisioning({
      workspaces,
      members,
      connections,
      engine,
      personalTokens,
      config: reaching,
    }),
    audit: createAudit(db),
    recordHistory: createRecordHistory(db, keyRing),
    async close(): Promise<void> {
      await engineServices.settle();
      await gateway.close();
      await usage.close();
      redis.disconnect();
      await db.close();
    },
  };
}

/** Where nobody listens, failures go to the standard error stream. */
function printError(error: unknown): void {
  process.stderr.write(`${inspect(error)}\n`);
}

export type Services = ReturnType<typeof createServices>;
