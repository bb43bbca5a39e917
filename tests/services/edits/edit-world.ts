import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cells } from '../../../contracts/airtable';
import type { ConflictPolicy } from '../../../contracts/edits';
import { ProposeEditInput } from '../../../contracts/changes';
import { ALL_SCOPES } from '../../../contracts/scopes';
import { createAirtableGateway } from '../../../services/airtable/gateway';
import { createChangeTrail } from '../../../services/audit/change-trail';
import { parseKeyRing } from '../../../services/encryption';
import { createServices } from '../../../services/create-services';
import type { Operations } from '../../../services/operations/operations';
import { createEdits, type Edits } from '../../../services/edits/edits';
import { createReviews, type Reviews } from '../../../services/edits/reviews';
import { insertEdit, readEdit } from '../../../services/edits/edit-rows';
import type { Conclusion } from '../../../services/edits/concluding';
import type { SweepResult } from '../../../services/edits/late-sweep';
import type { ChunkResult } from '../../../services/edits/run';
import { newId } from '../../../services/ids';
import { startEngineServer, type EngineServer } from '../../api/v0/engine-server';
import { testConfig } from '../../support/config';
import { QUICK, randomPrefix } from '../airtable/setup';

export const LIVE = { signal: new AbortController().signal, heartbeat: () => undefined };

export interface EditWorld {
  readonly server: EngineServer;
  readonly operations: Operations;
  readonly edits: Edits;
  readonly reviews: Reviews;
  /** Starts a gateway anew, without limits or faults of the test before. */
  forget(): void;
  /** Every request to the base since the last look: method and what kind of path. */
  seen(): string[];
  /** Awaited before a request goes on to the base; an answer of its own ends it there. */
  onRequest: (method: string, path: string, body: Buffer) => Promise<Reply | undefined>;
  films(count: number): Promise<string[]>;
  cells(): Promise<Map<string, Cells>>;
  /** As a person would change a cell, past the gateway. */
  change(recordId: string, cells: Cells): Promise<void>;
  /** Gives the connection so many requests a second; null: as many as it likes. */
  share(perSecond: number | null): Promise<void>;
  /** Stores a proposal that is to be planned. */
  staged(input: unknown): Promise<EditRefs>;
  /** Plans and approves; answers what the chunks need. */
  approved(input: unknown, conflicts?: ConflictPolicy): Promise<EditRefs>;
  /** Approves what was planned. */
  approve(refs: EditRefs, conflicts?: ConflictPolicy): Promise<void>;
  /** One chunk after the other until there is nothing left, or the first that says something else. */
  applyAll(refs: EditRefs): Promise<ChunkResult>;
  undoAll(refs: EditRefs): Promise<ChunkResult>;
  /** One look for late landings. */
  sweep(refs: EditRefs, compensated: boolean): Promise<SweepResult>;
  conclude(refs: EditRefs, compensated: boolean): Promise<Conclusion>;
  states(refs: EditRefs): Promise<Record<string, number>>;
  editState(refs: EditRefs): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface EditRefs {
  readonly workspaceId: string;
  readonly editId: string;
  readonly operationId: string;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Edits over the real gateway on a real engine, reached as Airtable is, with a look at every request on the way. */
export async function createEditWorld(): Promise<EditWorld> {
  // Creations are looked for by the time at which they were made.
  let host = '';
  const server = await startEngineServer({ now: () => new Date() }, () => `http://${host}`);
  let log: string[] = [];
  const way = createServer((req, res) => {
    void (async () => {
      const body = await readBody(req);
      const [method, path] = [req.method ?? '', req.url ?? ''];
      log.push(
        `${method} ${path.includes('/meta/') ? 'meta' : /^\/v0\/app\w+\/tbl\w+/.test(path) ? 'records' : path}`,
      );
      const reply = await world.onRequest(method, path, body);
      if (reply) {
        res.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
        return;
      }
      const answer = await fetch(server.url + path, {
        method,
        headers: { authorization: req.headers.authorization ?? '', 'content-type': 'application/json' },
        ...(body.length ? { body: new Uint8Array(body) } : {}),
      });
      res
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(Buffer.from(await answer.arrayBuffer()));
    })().catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(way.address() as AddressInfo).port}`;
  const { workspaceId, database } = server;
  const config = testConfig({
    DATABASE_URL: database.url,
    AIRTABLE_HOSTS: host,
    LATE_WRITE_SECONDS: '0.2',
    SETTLE_SECONDS: '0.5',
  });
  const services = createServices(config);
  const { db, redis, connections, operations } = services;
  /** One that shares its limits with nobody: a rest after a 429 ends with the test. */
  const createGateway = () =>
    createAirtableGateway({
      redis,
      config: { ...config, redisPrefix: randomPrefix() },
      connections,
      limits: { ...QUICK, stillMs: 30_000 },
    });
  let gateway = createGateway();
  const editing: Parameters<typeof createEdits>[0] = {
    trail: createChangeTrail(parseKeyRing(config.encryptionKeys)),
    db,
    connections,
    operations,
    config,
    gateway: { open: (connection, lane) => gateway.open(connection, lane) },
  };
  const edits = createEdits(editing);
  const reviews = createReviews(editing);
  const connectionId = newId('connection');
  await db.tenant(workspaceId, (tx) =>
    services.connections.insert(tx, {
      workspaceId,
      id: connectionId,
      name: 'Base',
      kind: 'airtable',
      url: `http://${host}`,
      token: 'full',
      airtableUser: 'usr_test',
      writable: true,
    }),
  );
  await database.admin.query(
    `INSERT INTO users (id, email, password_hash) VALUES ('usr_test', 'test@example.com', '')`,
  );
  await database.admin.query(
    `INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, 'usr_test', 'owner')`,
    [workspaceId],
  );
  const baseId = server.base.id;
  const tableId = server.table('Films');

  async function chunks(work: () => Promise<ChunkResult>): Promise<ChunkResult> {
    for (;;) {
      const chunk = await work();
      if (chunk.state !== 'more') return chunk;
    }
  }

  const world: EditWorld = {
    server,
    operations,
    edits,
    reviews,
    onRequest: async () => undefined,
    forget() {
      gateway = createGateway();
      world.onRequest = async () => undefined;
    },
    seen() {
      const seen = log;
      log = [];
      return seen;
    },
    async films(count) {
      const ids: string[] = [];
      for (let i = 0; i < count; i += 10) {
        const records = Array.from({ length: Math.min(10, count - i) }, (_, n) => ({
          fields: { Title: `Film ${i + n}`, Gross: 10_000 + i + n },
        }));
        const { body } = await server.call('POST', `/${baseId}/${tableId}`, { records });
        ids.push(...(body as { records: { id: string }[] }).records.map((record) => record.id));
      }
      return ids;
    },
    async cells() {
      const found = new Map<string, Cells>();
      let offset = '';
      do {
        const { body } = await server.call('GET', `/${baseId}/${tableId}${offset}`);
        const page = body as { records: { id: string; fields: Cells }[]; offset?: string };
        for (const { id, fields } of page.records) found.set(id, fields);
        offset = page.offset === undefined ? '' : `?offset=${encodeURIComponent(page.offset)}`;
      } while (offset);
      return found;
    },
    async change(recordId, cells) {
      const { status } = await server.call('PATCH', `/${baseId}/${tableId}/${recordId}`, { fields: cells });
      if (status !== 200) throw new Error(`the change of ${recordId} was answered with ${status}`);
    },
    async share(perSecond) {
      const sql = 'UPDATE connections SET share = $1 WHERE id = $2';
      await database.admin.query(sql, [perSecond, connectionId]);
    },
    async staged(input) {
      const ref = { workspaceId, editId: newId('edit'), operationId: newId('operation') };
      await db.tenant(workspaceId, (tx) =>
        insertEdit(tx, {
          id: ref.editId,
          workspaceId,
          kind: 'edit',
          connectionId,
          baseId,
          request: ProposeEditInput.parse({ baseId, connectionId, ...(input as object) }),
          note: null,
          planner: null,
          proposedBy: 'usr_test',
          chatId: null,
          revertOf: null,
          operationId: ref.operationId,
        }),
      );
      return ref;
    },
    async approved(input, conflicts = 'skip') {
      const operationId = newId('operation');
      const request = ProposeEditInput.parse({ baseId, connectionId, ...(input as object) });
      const proposed = await edits.propose(
        { workspaceId, actor: 'usr_test', input: request, planner: null, chatId: null },
        LIVE,
      );
      const ref = { workspaceId, editId: proposed.editId, operationId };
      await world.approve(ref, conflicts);
      return ref;
    },
    async approve({ editId, operationId }, conflicts = 'skip') {
      await db.tenant(workspaceId, async (tx) => {
        const { hash } = await readEdit(tx, editId);
        const by = {
          userId: 'usr_test',
          via: 'session',
          credentialId: 'ses_test',
          scopes: ALL_SCOPES,
        } as const;
        const consent = { acknowledgeSideEffects: true, acceptIrreversible: true };
        const approving = { editId, hash: hash ?? '', conflicts, by, ...consent };
        await services.approvals.approve(tx, approving, operationId);
      });
    },
    applyAll: (refs) => chunks(() => edits.applyChunk(refs, LIVE)),
    undoAll: (refs) => chunks(() => edits.compensateChunk(refs, LIVE)),
    async sweep(refs, compensated) {
      for (;;) {
        const swept = await edits.sweep(refs, compensated, LIVE);
        if (swept.state !== 'more') return swept;
      }
    },
    conclude: (refs, compensated) => edits.conclude(refs, compensated, null),
    async editState({ editId }) {
      const { rows } = await database.admin.query<{ state: string }>(
        'SELECT state FROM edits WHERE id = $1',
        [editId],
      );
      return rows[0]?.state;
    },
    async states({ editId }) {
      const { rows } = await database.admin.query<{ state: string; n: number }>(
        'SELECT state, count(*)::int AS n FROM edit_changes WHERE edit_id = $1 GROUP BY state',
        [editId],
      );
      return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
    },
    async close() {
      await services.close();
      way.closeAllConnections();
      await new Promise((resolve) => way.close(resolve));
      await server.close();
    },
  };
  return world;
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
