import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Response } from 'express';
import { createPageRouter } from '../../api/routes/page';
import { ApprovalRules } from '../../contracts/approvals';
import type { Conflict } from '../../contracts/conflicts';
import type { Dependent } from '../../contracts/dependents';
import type { ChangeRow, ChangeState, EditView } from '../../contracts/edits';
import type { UnresolvedChange } from '../../contracts/reviews';
import type { OperationView } from '../../contracts/operations';
import { IDS, sampleChanges, sampleEdit, sampleOperation } from './page-data';

export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly key: string | undefined;
}

/** A scripted stand-in of the public API: the page against exact, otherwise hard to reach answers. The real one is tested in main-job.test.ts. */
export class PageApi {
  readonly requests: PageRequest[] = [];
  readonly edits = new Map<string, EditView>();
  readonly operations = new Map<string, OperationView>();
  readonly changes: (ChangeRow & { group: string })[];
  /** What waits for a person: conflicts while an edit runs, changes whose end is unclear after it. */
  conflicts: Conflict[] = [];
  unresolved: UnresolvedChange[] = [];
  /** Newer edits that wrote to what the first edit wrote. */
  dependents: Dependent[] = [];
  writable = true;
  expiresIn = 900;
  /** 'edit': a turn ends with an edit. 'words': with a question. 'later': 202 and an operation. */
  planner: 'edit' | 'words' | 'later' = 'edit';
  failApproval: { status: number; detail: string; code?: string; consent?: string } | null = null;
  streams = true;
  /** The next approval takes effect, but its answer is lost on the way. */
  loseAnswer = false;
  private generation = 0;
  private readonly watchers = new Map<string, Set<Response>>();
  private server: Server | undefined;
  port = 0;

  constructor() {
    const { groups, changes } = sampleChanges();
    this.changes = changes;
    this.edits.set(IDS.edit(1), sampleEdit(1, groups));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  edit(n: number): EditView {
    const edit = this.edits.get(IDS.edit(n));
    if (!edit) throw new Error(`no edit ${n}`);
    return edit;
  }

  setEdit(n: number, over: Partial<EditView>): void {
    this.edits.set(IDS.edit(n), { ...this.edit(n), ...over });
  }

  /** Changes an operation and tells its streams. */
  setOperation(n: number, over: Partial<OperationView>): void {
    const id = IDS.operation(n);
    const next = { ...(this.operations.get(id) ?? sampleOperation(n, {})), ...over };
    this.operations.set(id, next);
    for (const res of this.watchers.get(id) ?? []) {
      res.write(`event: operation\ndata: ${JSON.stringify(next)}\n\n`);
      if (['done', 'rolled_back', 'needs_review'].includes(next.status)) res.end();
    }
  }

  progress(n: number, done: number): void {
    this.setOperation(n, { progress: { done, total: 612, unit: 'changes', message: 'Applying' } });
  }

  /** Ends edit and operation with some changes in some states. */
  finish(n: number, state: EditView['state'], states: Partial<Record<ChangeState, number[]>>): void {
    const outcome: Record<string, number> = {};
    for (const [name, ordinals] of Object.entries(states)) {
      outcome[name] = ordinals.length;
      for (const o of ordinals)
        Object.assign(this.changes[o] ?? {}, {
          state: name,
          reason: name === 'conflict' ? 'Somebody set it to “PG”.' : null,
        });
    }
    this.setEdit(n, { state, outcome: outcome });
    this.setOperation(n, {
      status: state === 'applied' ? 'done' : state === 'rolled_back' ? 'rolled_back' : 'needs_review',
      finishedAt: '2026-03-04T05:07:00.000Z',
    });
  }

  asked(method: string, end: string): PageRequest[] {
    return this.requests.filter((r) => r.method === method && r.path.endsWith(end));
  }

  async start(): Promise<void> {
    this.server = createServer(this.app());
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** As when the process is killed: every socket is cut, the port is closed. `start` opens it again. */
  async stop(): Promise<void> {
    const { server } = this;
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
    this.watchers.clear();
  }

  private app(): express.Express {
    const app = express();
    app.use(createPageRouter());
    app.use(express.json());
    app.use('/v1', (req, res, next) => {
      const body: unknown = req.body;
      this.requests.push({ method: req.method, path: req.path, body, key: req.get('Idempotency-Key') });
      const open = req.path === '/sessions' || req.path === '/sessions/refresh' || req.path === '/users';
      if (open || req.get('Authorization') === `Bearer access${this.generation}`) return next();
      problem(res, 401, 'unauthenticated', 'Sign in first.');
    });
    const pair = (res: Response) =>
      res.status(201).json({
        accessToken: `access${++this.generation}`,
        refreshToken: `refresh${this.generation}`,
        expiresIn: this.expiresIn,
      });
    app.post('/v1/users', (_req, res) => res.status(201).json({ workspaceId: IDS.workspace }));
    app.post('/v1/sessions', (req, res) => {
      const { password } = req.body as { password: string };
      if (password === 'wrong') problem(res, 401, 'wrong_credentials', 'E-mail and password do not fit.');
      else pair(res);
    });
    app.post('/v1/sessions/refresh', (req, res) => {
      const { refreshToken } = req.body as { refreshToken: string };
      if (refreshToken === `refresh${this.generation}`) pair(res);
      else problem(res, 401, 'session_ended', 'The session has ended.');
    });
    app.delete('/v1/sessions/current', (_req, res) => res.status(204).end());
    this.addWorkspaceRoutes(app);
    this.addEditRoutes(app);
    this.addOperationRoutes(app);
    app.use((_req, res) => problem(res, 404, 'not_found', 'There is no such thing, or it is not yours.'));
    return app;
  }

  private addWorkspaceRoutes(app: express.Express): void {
    const connection = () => ({
      id: IDS.connection,
      workspaceId: IDS.workspace,
      name: 'Built-in engine',
      kind: 'engine',
      url: 'http://127.0.0.1:3000',
      writable: this.writable,
      health: 'ok',
      createdAt: '2026-03-04T05:06:07.000Z',
    });
    const ws = '/v1/workspaces/:id';
    app.get('/v1/workspaces', (_req, res) =>
      res.json({
        workspaces: [{ id: IDS.workspace, name: 'Sample workspace', role: 'owner' }],
        nextCursor: null,
      }),
    );
    app.get(`${ws}/bases`, (_req, res) =>
      res.json({
        bases: [{ id: IDS.base, name: 'Movies', permissionLevel: 'create', connectionId: IDS.connection }],
      }),
    );
    app.get(`${ws}/connections`, (_req, res) => res.json({ connections: [connection()] }));
    app.patch(`${ws}/connections/:cid`, (req, res) => {
      this.writable = (req.body as { writable: boolean }).writable;
      for (const [id, edit] of this.edits) this.edits.set(id, { ...edit, writable: this.writable });
      res.json(connection());
    });
    app.get(`${ws}/approval-rules`, (_req, res) =>
      res.json({ ...ApprovalRules.parse({}), updatedBy: null, updatedAt: null }),
    );
    app.get(`${ws}/members`, (_req, res) => res.json({ members: [], nextCursor: null }));
    app.get(`${ws}/edits`, (_req, res) => res.json({ edits: [...this.edits.values()], nextCursor: null }));
    app.get(`${ws}/operations`, (_req, res) =>
      res.json({ operations: [...this.operations.values()], nextCursor: null }),
    );
    app.get('/v1/planner', (_req, res) =>
      res.json({
        name: 'commands',
        description: 'No model: a small exact language. Set GEMINI_API_KEY to ask in plain words.',
        examples: [
          {
            label: 'Films without a rating',
            text: 'set "MPAA Rating" to "Not Rated" in Films where {MPAA Rating} = BLANK()',
          },
          {
            label: 'Release dates a century off',
            text: 'shift "Release Date" by -100 years in Films where IS_AFTER({Release Date}, TODAY())',
          },
        ],
      }),
    );
    app.post(`${ws}/chats`, (_req, res) => res.status(201).json(chat));
    app.get('/v1/chats/:id', (_req, res) => res.json({ chat, messages: this.messages() }));
    app.get('/v1/chats/:id/events', (_req, res) => void res.type('text/event-stream').write(': here\n\n'));
    app.post('/v1/chats/:id/messages', (_req, res) => {
      if (this.planner !== 'later')
        return res.json({ messageId: IDS.message(2), editId: this.planner === 'edit' ? IDS.edit(1) : null });
      this.setOperation(9, { operation: 'chatTurn', title: 'Answer a message', status: 'running' });
      return res
        .status(202)
        .location(`/v1/operations/${IDS.operation(9)}`)
        .json(this.operations.get(IDS.operation(9)));
    });
  }

  private messages() {
    const said = { createdAt: '2026-03-04T05:06:07.000Z', toolCalls: [], editId: null };
    const answer = {
      ...said,
      id: IDS.message(2),
      role: 'assistant',
      text: 'There is no field “Rating” in Films.\nDid you mean “MPAA Rating”?',
      planner: 'commands',
      toolCalls: [{ name: 'describe_base', ok: true }],
    };
    return [
      {
        ...said,
        id: IDS.message(1),
        role: 'user',
        text: 'set Rating to "Not Rated" in Films',
        planner: null,
      },
      ...(this.planner === 'words' ? [answer] : []),
    ];
  }

  private addEditRoutes(app: express.Express): void {
    app.param('edit', (_req, res, next, id: string) =>
      this.edits.has(id)
        ? next()
        : problem(res, 404, 'not_found', 'There is no such edit, or it is not yours.'),
    );
    const at = '/v1/edits/:edit';
    app.get(at, (req, res) => res.json(this.edits.get(req.params.edit)));
    app.get(`${at}/changes`, (req, res) => {
      const { group, state, cursor, limit } = req.query as Record<string, string | undefined>;
      const rows = this.changes.filter((c) => (!group || c.group === group) && (!state || c.state === state));
      const from = Number(cursor ?? 0);
      const to = from + Number(limit ?? 100);
      res.json({ changes: rows.slice(from, to), nextCursor: to < rows.length ? String(to) : null });
    });
    app.post(`${at}/approve`, (req, res) => {
      if (this.failApproval) {
        const { status, detail, code = 'conflict', consent } = this.failApproval;
        const lacks = (req.body as Record<string, unknown>)[consent ?? ''] !== true;
        if (lacks) return problem(res, status, code, detail, consent === undefined ? {} : { consent });
      }
      const n = Number(req.params.edit.slice(-2));
      this.setEdit(n, { state: 'applying', operationId: IDS.operation(n) });
      this.setOperation(n, {
        operation: n === 1 ? 'applyEdit' : 'revertEdit',
        status: 'running',
        editId: IDS.edit(n),
        progress: { done: 0, total: 612, unit: 'changes', message: 'Applying' },
      });
      if (this.loseAnswer) {
        this.loseAnswer = false;
        req.socket.destroy();
        return;
      }
      return res
        .status(202)
        .location(`/v1/operations/${IDS.operation(n)}`)
        .json(this.operations.get(IDS.operation(n)));
    });
    app.get(`${at}/conflicts`, (_req, res) =>
      res.json({ conflicts: this.conflicts, nextCursor: null, open: this.conflicts.length }),
    );
    app.post(`${at}/conflicts`, (req, res) => {
      const { ordinals } = req.body as { ordinals: number[] };
      const before = this.conflicts.length;
      this.conflicts = this.conflicts.filter((c) => !ordinals.includes(c.ordinal));
      res.json({ decided: before - this.conflicts.length, open: this.conflicts.length });
    });
    app.get(`${at}/review`, (req, res) => {
      const look = req.query['look'] === 'true';
      const changes = this.unresolved.map((c) => (look ? c : { ...c, now: null }));
      res.json({ changes, nextCursor: null, unresolved: changes.length });
    });
    app.post(`${at}/review`, (req, res) => {
      const { ordinals = [], lateRecords = [] } = req.body as { ordinals?: number[]; lateRecords?: string[] };
      this.unresolved = this.unresolved
        .filter((c) => !ordinals.includes(c.ordinal))
        .map((c) => ({ ...c, late: c.late.filter(({ recordId }) => !lateRecords.includes(recordId)) }))
        // What is clear by itself waited only for the records that came late of it.
        .filter((c) => c.state !== 'undone' || c.late.length > 0);
      const review = this.unresolved.length;
      const n = Number(req.params.edit.slice(-2));
      this.setEdit(n, { waiting: { conflicts: 0, review }, ...(review ? {} : { state: 'applied' }) });
      const { id: editId, state } = this.edit(n);
      res.status(201).json({ editId, state, outcome: {}, unresolved: review });
    });
    app.post(`${at}/reject`, (req, res) => {
      this.setEdit(Number(req.params.edit.slice(-2)), { state: 'rejected' });
      res.json({});
    });
    app.get(`${at}/dependents`, (_req, res) => res.json({ dependents: this.dependents }));
    app.post(`${at}/revert`, (req, res) => {
      const { including, withDependents } = req.body as { including?: string[]; withDependents?: boolean };
      const includes = withDependents ? this.dependents.map((d) => d.editId) : (including ?? []);
      const groups = this.edit(1)
        .groups.filter((g) => g.key === 'rating')
        .map((g) => ({ ...g, headline: '604 cells: Not Rated → empty' }));
      this.edits.set(
        IDS.edit(2),
        sampleEdit(2, groups, {
          kind: 'revert',
          revertOf: IDS.edit(1),
          includes,
          note: null,
          planner: null,
          headline: '604 records changed in Films',
          warnings: ['1 record was changed after the edit and is left as it is.'],
        }),
      );
      res.status(201).json({ editId: IDS.edit(2) });
    });
  }

  private addOperationRoutes(app: express.Express): void {
    const at = '/v1/operations/:operation';
    app.get(at, (req, res, next) =>
      this.operations.has(req.params.operation)
        ? res.json(this.operations.get(req.params.operation))
        : next(),
    );
    app.get(`${at}/events`, (req, res) => {
      if (!this.streams) return problem(res, 503, 'unavailable', 'No streams today.');
      const id = req.params.operation;
      const set = this.watchers.get(id) ?? new Set();
      this.watchers.set(id, set.add(res));
      res.on('close', () => set.delete(res));
      res
        .type('text/event-stream')
        .write(`event: operation\ndata: ${JSON.stringify(this.operations.get(id))}\n\n`);
    });
    for (const [verb, status] of [
      ['pause', 'paused'],
      ['resume', 'running'],
      ['cancel', 'compensating'],
    ] as const)
      app.post(`${at}/${verb}`, (req, res) => {
        this.setOperation(Number(req.params.operation.slice(-2)), { status });
        res.json(this.operations.get(req.params.operation));
      });
  }
}

const chat = {
  id: IDS.chat,
  workspaceId: IDS.workspace,
  title: 'Ratings',
  baseId: IDS.base,
  createdAt: '2026-03-04T05:06:07.000Z',
};

function problem(res: Response, status: number, code: string, detail: string, more: object = {}): void {
  res
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ ...more, title: 'Refused', status, code, detail }));
}
