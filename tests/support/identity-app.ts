import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { createAuthentication } from '../../api/authenticate';
import { createProblemHandler } from '../../api/problems';
import { createSessionRoutes } from '../../api/routes/sessions';
import { createTokenRoutes } from '../../api/routes/tokens';
import { createUserRoutes } from '../../api/routes/users';
import { createWorkspaceRoutes } from '../../api/routes/workspaces';
import type { CreateTokenInput } from '../../contracts/identity';
import { createAudit } from '../../services/audit/audit';
import { createAccessTokens } from '../../services/identity/access-tokens';
import { createBrowserSessions } from '../../services/identity/browser-sessions';
import { createPermissions } from '../../services/identity/permissions';
import { createPersonalTokens } from '../../services/identity/personal-tokens';
import { createSessions } from '../../services/identity/sessions';
import { createUsers } from '../../services/identity/users';
import { createMembers } from '../../services/workspaces/members';
import { createWorkspaces } from '../../services/workspaces/workspaces';
import { createTestDatabase } from './database';
import { createPeople, PASSWORD } from './people';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; undefined when there is no body. */
  readonly body: unknown;
}

const Pair = z.strictObject({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.number() });

/** The identity doors on real PostgreSQL and Redis, served on a port of their own. */
export async function startIdentityApp(options: { redisUrl?: string } = {}) {
  const database = await createTestDatabase();
  const { db } = database;
  const redis = new Redis(options.redisUrl ?? process.env['REDIS_URL'] ?? '', {
    maxRetriesPerRequest: 1,
    retryStrategy: () => 50,
  });
  redis.on('error', () => undefined);
  const config = {
    jwtSecret: randomUUID(),
    redisPrefix: `test-${randomUUID()}:`,
    apiUrl: 'http://localhost',
  };
  const sessions = createSessions({ redis, config });
  const users = createUsers({ db });
  const services = {
    db,
    redis,
    sessions,
    users,
    accessTokens: createAccessTokens({ config }),
    browserSessions: createBrowserSessions({ config, sessions, users }),
    personalTokens: createPersonalTokens({ db }),
    permissions: createPermissions({ db }),
    workspaces: createWorkspaces({ db }),
    members: createMembers({ db }),
    audit: createAudit(db),
  };
  const logged: unknown[] = [];

  const app = express();
  app.set('query parser', 'simple');
  app.use('/v1', express.json({ limit: '256kb' }), createAuthentication({ config, services }));
  app.use(createSessionRoutes({ config, services }));
  app.use(createUserRoutes({ services }));
  app.use(createTokenRoutes({ services }));
  app.use(createWorkspaceRoutes({ services }));
  app.use(createProblemHandler({ logger: { error: (entry: unknown) => logged.push(entry) } }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people = createPeople(db);

  /** `body` as JSON, or as it is when it is text; `token` as bearer. */
  async function call(
    method: string,
    path: string,
    { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await fetch(origin + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  async function signIn(email: string) {
    const answer = await call('POST', '/v1/sessions', { body: { email, password: PASSWORD } });
    return { ...Pair.parse(answer.body), cookie: answer.headers.get('set-cookie') ?? '' };
  }

  return {
    ...people,
    call,
    signIn,
    services,
    config,
    logged,
    database,

    /** A user who is signed in, with a workspace of their own. */
    async settle(name: string) {
      const user = await people.register(name);
      const workspaceId = await people.found(user.userId, `${name}’s`);
      return { ...user, workspaceId, ...(await signIn(user.email)) };
    },

    async mint(token: string, input: Pick<CreateTokenInput, 'workspaceId' | 'scopes'>): Promise<string> {
      const { body } = await call('POST', '/v1/tokens', { token, body: { name: 'For a test', ...input } });
      return z.object({ token: z.string() }).parse(body).token;
    },

    async stop(): Promise<void> {
      server.close();
      server.closeAllConnections();
      redis.disconnect();
      await database.drop();
    },
  };
}

export type IdentityApp = Awaited<ReturnType<typeof startIdentityApp>>;

/** All of a problem but the id of its request: what two answers must not differ in. */
export function withoutInstance(answer: Answer): string {
  const { instance: _, ...rest } = z.record(z.string(), z.unknown()).parse(answer.body);
  return JSON.stringify([answer.status, answer.headers.get('content-type'), rest]);
}
