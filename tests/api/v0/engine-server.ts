import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Redis } from 'ioredis';
import type { BearerIdentity } from '../../../api/v0/calls';
import { createEngineRouter } from '../../../api/v0/router';
import { ALL_SCOPES } from '../../../contracts/scopes';
import { parseKeyRing } from '../../../services/encryption';
import {
  createDownloadLinks,
  type CheckedDownloadLinks,
} from '../../../services/engine/attachments/download-links';
import { createFiles } from '../../../services/files/files';
import { createImitation } from '../../../services/engine/imitation/imitation';
import { TEST_KEYS } from '../../support/temporal';
import {
  createEngineFixture,
  insertWorkspace,
  type EngineFixture,
} from '../../services/engine/engine-fixture';

export interface EngineServer extends EngineFixture {
  readonly url: string;
  readonly otherWorkspaceId: string;
  /** Errors that were the server's own fault. */
  readonly reported: unknown[];
  call(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<{ status: number; body: unknown }>;
  /** Makes one more token: what it is beside `full`. */
  grant(token: string, over: Partial<BearerIdentity>): void;
  close(): Promise<void>;
}

/** Links to attachments of the engine at an address that is known later only. */
function linksAt(url: () => string): CheckedDownloadLinks {
  const links = () => createDownloadLinks({ url: url(), secret: 'only for tests' });
  return {
    urlOf: (file) => links().urlOf(file),
    check: (ticket, now) => links().check(ticket, now),
    read: (address, now) => links().read(address, now),
  };
}

/** The router on a local port; attachments are served where `downloadUrl` says that it is reached. Tokens: `full`, `reader` (no writes) and `stranger` (another workspace). */
export async function startEngineServer(
  clock?: { now(): Date },
  downloadUrl?: () => string,
): Promise<EngineServer> {
  const links = downloadUrl && linksAt(downloadUrl);
  const fixture = await createEngineFixture(clock, links);
  const otherWorkspaceId = await insertWorkspace(fixture.database);
  const identity = (workspaceId: string, scopes: readonly string[]): BearerIdentity => {
    return { tokenId: 'tok_test', userId: 'usr_test', workspaceId, scopes };
  };
  const full = identity(fixture.workspaceId, ALL_SCOPES);
  const redis = new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: 1 });
  const tokens: Record<string, BearerIdentity> = {
    full,
    reader: identity(fixture.workspaceId, ['data.records:read', 'schema.bases:read']),
    stranger: identity(otherWorkspaceId, ALL_SCOPES),
  };
  const reported: unknown[] = [];
  const app = express();
  app.set('query parser', 'simple');
  app.use(
    '/v0',
    createEngineRouter({
      db: fixture.database.db,
      engine: fixture.engine,
      imitation: createImitation({
        db: fixture.database.db,
        redis,
        config: { redisPrefix: `test:${randomBytes(8).toString('hex')}:` },
        clock: { now: () => new Date() },
      }),
      keyRing: parseKeyRing(TEST_KEYS),
      authenticate: async (bearer) => tokens[bearer] ?? null,
      ...(links && {
        downloads: {
          db: fixture.database.db,
          files: createFiles(fixture.database.db),
          links,
          clock: clock ?? { now: () => new Date() },
        },
      }),
      report: (error) => reported.push(error),
    }),
  );
  const server = createServer({ maxHeaderSize: 65_536 }, app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${portOf(server)}`;
  return {
    ...fixture,
    url,
    otherWorkspaceId,
    reported,
    async call(method, path, body, token = 'full') {
      const response = await fetch(`${url}/v0${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      return { status: response.status, body: answer };
    },
    grant(token, over) {
      tokens[token] = { ...full, tokenId: `tok_${token}`, ...over };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      redis.disconnect();
      await fixture.database.drop();
    },
  };
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
