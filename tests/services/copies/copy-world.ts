import { createServer, type Server } from 'node:http';
import express, { type Request as Asked, type Response as Answer } from 'express';
import { Redis } from 'ioredis';
import { createCalls, type BearerIdentity } from '../../../api/v0/calls';
import { createCommentRoutes } from '../../../api/v0/comment-routes';
import { createFailureHandler } from '../../../api/v0/failures';
import { createFileRoutes } from '../../../api/v0/file-routes';
import { createRecordRoutes } from '../../../api/v0/record-routes';
import { createSchemaRoutes } from '../../../api/v0/schema-routes';
import type { CopyView } from '../../../contracts/copies';
import { ALL_SCOPES } from '../../../contracts/scopes';
import { createAirtableGateway } from '../../../services/airtable/gateway';
import { GATEWAY_LIMITS } from '../../../services/airtable/limits';
import type { Exchange } from '../../../services/airtable/wire/exchange';
import type { CopyChunk, CopyRef } from '../../../services/copies/chunk';
import { createCopies, type Copies } from '../../../services/copies/copies';
import { parseKeyRing } from '../../../services/encryption';
import { createDownloadLinks } from '../../../services/engine/attachments/download-links';
import { createEngine, type Engine } from '../../../services/engine/engine';
import { createFiles, saveFile } from '../../../services/files/files';
import { newId } from '../../../services/ids';
import { createOperations } from '../../../services/operations/operations';
import { createConnections } from '../../../services/workspaces/connections';
import { testConfig } from '../../support/config';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { createPeople } from '../../support/people';
import { TEST_KEYS } from '../../support/temporal';

export interface Json {
  readonly [key: string]: unknown;
}

/** Looks at each request to the source before it is answered; true when it has answered itself. */
export type Intercept = (req: Asked, res: Answer) => boolean;
/** Changes what the source answers. */
export type Rewrite = (path: string, body: Json) => Json;

export interface CopyWorld {
  readonly database: TestDatabase;
  readonly engine: Engine;
  readonly copies: Copies;
  readonly people: ReturnType<typeof createPeople>;
  readonly operations: ReturnType<typeof createOperations>;
  readonly source: { readonly workspaceId: string; readonly userId: string };
  readonly target: { readonly workspaceId: string; readonly userId: string; readonly connectionId: string };
  /** Paths that the source was asked for, with their queries. */
  readonly asked: string[];
  intercept: Intercept | undefined;
  rewrite: Rewrite | undefined;
  /** Calls the Web API as the source’s or the target’s owner. Throws on anything but 200. */
  call(at: 'source' | 'target', method: string, path: string, body?: unknown): Promise<Json>;
  /** Puts an attachment into a cell of the source, as if it had been fetched. */
  attach(baseId: string, recordId: string, fieldId: string, filename: string, bytes: Buffer): Promise<string>;
  /** Does what the door does; then the steps of the operation can be called. */
  begin(baseId: string, name?: string): Promise<CopyRef>;
  /** One chunk, as an activity calls it. */
  chunk(ref: CopyRef, signal?: AbortSignal): Promise<CopyChunk>;
  /** Everything from the door to the end. Waits are not sat out longer than a test bears. */
  copy(baseId: string, name?: string): Promise<CopyView>;
  finish(ref: CopyRef): Promise<CopyView>;
  /** All that an owner sees of a base: schema, records by table, comments by record; without what addresses carry. */
  dump(at: 'source' | 'target', baseId: string): Promise<Json>;
  close(): Promise<void>;
}

const KEYS = parseKeyRing(TEST_KEYS);
const QUICK = {
  ...GATEWAY_LIMITS,
  pace: { airtable: { perBase: 5_000, perUser: 5_000 }, engine: { perBase: 5_000 } },
  backoffBaseMs: 2,
  backoffCapMs: 10,
  stillMs: 200,
};

/** An engine that is copied from, over HTTP, and the workspace that copies: two workspaces of one database. */
export async function createCopyWorld(): Promise<CopyWorld> {
  const database = await createTestDatabase();
  const { db } = database;
  const people = createPeople(db);
  const [ada, grace] = [await people.register('Ada'), await people.register('Grace')];
  const source = { workspaceId: await people.found(ada.userId), userId: ada.userId };
  const targetId = await people.found(grace.userId);

  const app = express();
  const server = createServer({ maxHeaderSize: 65_536 }, app);
  const url = `http://127.0.0.1:${await listen(server)}`;
  const links = createDownloadLinks({ url, secret: 'a secret of at least thirty-two letters' });
  const clock = { now: () => new Date() };
  const engine = createEngine({ clock, links });
  const files = createFiles(db);
  const identity = (workspaceId: string, userId: string): BearerIdentity => ({
    tokenId: 'tok_test',
    userId,
    workspaceId,
    scopes: ALL_SCOPES,
  });
  const tokens: Readonly<Record<string, BearerIdentity>> = {
    source: identity(source.workspaceId, ada.userId),
    target: identity(targetId, grace.userId),
  };
  const calls = createCalls({ db, engine, authenticate: async (bearer) => tokens[bearer] ?? null });
  const faults: unknown[] = [];
  const asked: string[] = [];
  app.set('query parser', 'simple');
  app.use((req, res, next) => {
    const bySource = req.get('authorization') !== 'Bearer target' && req.get('x-test') === undefined;
    if (!bySource) return next();
    asked.push(`${req.method} ${req.originalUrl}`);
    if (world.intercept?.(req, res)) return;
    next();
  });
  app.use('/v0', createFileRoutes({ db, files, links, clock }), express.json({ limit: '8mb' }));
  app.use('/v0/meta', createSchemaRoutes(calls, engine));
  app.use('/v0', createCommentRoutes(calls), createRecordRoutes(calls));
  app.use(
    '/v0',
    createFailureHandler((error) => void faults.push(error)),
  );

  const config = testConfig({ DATABASE_URL: database.url, AIRTABLE_HOSTS: new URL(url).host });
  const redis = new Redis(config.redisUrl);
  const connections = createConnections({ db, keyRing: KEYS, config });
  const connectionId = newId('connection');
  await db.tenant(targetId, (tx) =>
    connections.insert(tx, {
      workspaceId: targetId,
      id: connectionId,
      name: 'Elsewhere',
      kind: 'airtable',
      url,
      token: 'source',
      writable: false,
    }),
  );
  const gateway = createAirtableGateway({ redis, config, connections, limits: QUICK, exchange: rewriting });
  const operations = createOperations(db);
  const copies = createCopies({ db, gateway, connections, operations, engine, files, config });
  const tenant = { workspaceId: targetId, userId: grace.userId, connectionId };

  async function call(at: 'source' | 'target', method: string, path: string, body?: unknown): Promise<Json> {
    const response = await fetch(`${url}/v0${path}`, {
      method,
      headers: { authorization: `Bearer ${at}`, 'content-type': 'application/json', 'x-test': '1' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Json;
  }

  function rewriting(exchange: Exchange): Exchange {
    return async (outgoing, signal) => {
      const answer = await exchange(outgoing, signal);
      if (!world.rewrite || answer.status !== 200) return answer;
      const body = world.rewrite(new URL(outgoing.url).pathname, JSON.parse(answer.text) as Json);
      return { ...answer, text: JSON.stringify(body) };
    };
  }

  const world: CopyWorld = {
    database,
    engine,
    copies,
    people,
    operations,
    source,
    target: tenant,
    asked,
    intercept: undefined,
    rewrite: undefined,
    call,

    attach: (baseId, recordId, fieldId, filename, bytes) =>
      db.tenant(source.workspaceId, async (tx) => {
        const file = await saveFile(tx, source.workspaceId, bytes, 'attachment');
        const id = `att${newId('copy').slice(-14)}`;
        const at = [source.workspaceId, baseId, id];
        await tx.query(
          `INSERT INTO engine_attachments (workspace_id, base_id, id, filename, state, type, size, due_at, created_at)
           VALUES ($1, $2, $3, $4, 'ready', 'text/plain', $5, now(), now())`,
          [...at, filename, bytes.length],
        );
        await tx.query(
          `INSERT INTO engine_attachment_files (workspace_id, base_id, attachment_id, kind, file_id, type)
           VALUES ($1, $2, $3, 'original', $4, 'text/plain')`,
          [...at, file.id],
        );
        await tx.query(
          `UPDATE engine_records SET cells = jsonb_set(cells, ARRAY[$4::text], coalesce(cells->$4::text, '[]') || to_jsonb($3::text))
           WHERE workspace_id = $1 AND base_id = $2 AND id = $5`,
          [...at, fieldId, recordId],
        );
        return id;
      }),

    async begin(baseId, name) {
      const input = { connectionId, baseId, ...(name === undefined ? {} : { name }) };
      const prepared = await copies.prepare(targetId, input);
      const operationId = newId('operation');
      return db.tenant(targetId, async (tx) => {
        const staged = { ...prepared, workspaceId: targetId, requestedBy: grace.userId, operationId };
        const { copyId } = await copies.stage(tx, staged);
        await operations.insert(tx, {
          id: operationId,
          workspaceId: targetId,
          name: 'copyBase',
          scope: targetId,
          key: operationId,
          fingerprint: '',
          actor: grace.userId,
          input: { copyId },
          summary: 'Copy',
          workflowId: operationId,
          editId: null,
          baseId,
        });
        return { workspaceId: targetId, copyId, operationId };
      });
    },

    chunk: (ref, signal = new AbortController().signal) =>
      copies.copyChunk(ref, { signal, heartbeat: () => undefined }),

    async finish(ref) {
      for (let n = 0; n < 500; n++) {
        const chunk = await world.chunk(ref);
        if (chunk.state === 'done') {
          const result = await db.tenant(targetId, (tx) => copies.conclude(tx, ref.copyId));
          await operations.finish(targetId, ref.operationId, 'done', result, null);
          return copies.report(targetId, ref.copyId);
        }
        if (chunk.state === 'wait')
          await new Promise((resolve) => setTimeout(resolve, Math.min(chunk.waitMs, 300)));
        if (chunk.state === 'quota') throw new Error('the quota is spent');
      }
      throw new Error('the copy does not end');
    },

    async copy(baseId, name) {
      const ref = await world.begin(baseId, name);
      await db.tenant(targetId, (tx) => copies.open(tx, ref.copyId));
      return world.finish(ref);
    },

    async dump(at, baseId) {
      const schema = await call(at, 'GET', `/meta/bases/${baseId}/tables`);
      const tables: Record<string, unknown> = {};
      const comments: Record<string, unknown> = {};
      for (const { id } of schema['tables'] as { id: string }[]) {
        const records: Json[] = [];
        for (let offset: unknown = ''; offset !== undefined;) {
          const query = new URLSearchParams({
            returnFieldsByFieldId: 'true',
            'recordMetadata[]': 'commentCount',
            ...(typeof offset === 'string' && offset !== '' ? { offset } : {}),
          });
          const page = await call(at, 'GET', `/${baseId}/${id}?${query.toString()}`);
          records.push(...(page['records'] as Json[]));
          offset = page['offset'];
        }
        tables[id] = records.map(withoutAddresses);
        for (const { id: recordId, commentCount } of records) {
          if (commentCount !== 0)
            comments[String(recordId)] = await call(
              at,
              'GET',
              `/${baseId}/${id}/${String(recordId)}/comments`,
            );
        }
      }
      return { schema, tables, comments };
    },

    async close() {
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      redis.disconnect();
      await database.drop();
      if (faults.length > 0) throw new AggregateError(faults, 'the source failed');
    },
  };
  return world;
}

/** Download links differ by workspace and minute. */
function withoutAddresses(value: Json): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'url' ? 'somewhere' : item)));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
