import { randomUUID } from 'node:crypto';
import { pollUntil } from './poll';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; tests say what they expect of it. */
  readonly body: Body;
}
/** JSON whose shape the test itself asserts. */
export interface Body {
  readonly [key: string]: unknown;
}

/** The public API over HTTP as one user. */
export class TestApi {
  constructor(
    readonly apiUrl: string,
    readonly token: string | undefined,
  ) {}

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(this.apiUrl + path, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: json ? (JSON.parse(text) as Body) : {},
    };
  }
  get = (path: string) => this.request('GET', path);
  post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
    this.request('POST', path, body, headers);

  /** Starts an operation and returns its final state. */
  async run(path: string, body: unknown = {}, method = 'POST'): Promise<Body> {
    const started = await this.request(method, path, body, {
      prefer: 'wait=1',
      'idempotency-key': randomUUID(),
    });
    const id =
      started.headers.get('operation-id') ??
      (typeof started.body['operationId'] === 'string' ? started.body['operationId'] : null);
    if (id === null) throw new Error(`${method} ${path} started nothing: ${started.status} ${started.text}`);
    return this.ended(id);
  }

  /** The final state of an operation; a lost connection (a killed API) is asked again. */
  ended(operationId: string, deadlineMs = 90_000): Promise<Body> {
    return pollUntil(
      `operation ${operationId} has ended`,
      async () => {
        const state = await this.get(`/v1/operations/${operationId}`).catch(() => undefined);
        return state && ['done', 'rolled_back', 'needs_review'].includes(String(state.body['status']))
          ? state.body
          : undefined;
      },
      deadlineMs,
    );
  }

  /** Proposes changes and returns the planned edit. */
  async propose(workspaceId: string, proposal: unknown): Promise<Body & { id: string; hash: string }> {
    const planned = await this.run(`/v1/workspaces/${workspaceId}/edits`, proposal);
    if (planned['status'] !== 'done') throw new Error(`not planned: ${JSON.stringify(planned['error'])}`);
    const { body } = await this.get(`/v1/edits/${String((planned['result'] as Body)['editId'])}`);
    return { ...body, id: String(body['id']), hash: String(body['hash']) };
  }

  /** Plans the undo of an edit and returns it. */
  async planRevert(editId: string): Promise<Body & { id: string; hash: string }> {
    const planned = await this.run(`/v1/edits/${editId}/revert`);
    if (planned['status'] !== 'done') throw new Error(`not planned: ${JSON.stringify(planned['error'])}`);
    const { body } = await this.get(`/v1/edits/${String((planned['result'] as Body)['editId'])}`);
    return { ...body, id: String(body['id']), hash: String(body['hash']) };
  }

  approve = (edit: { id: string; hash: string }, more: Body = {}) =>
    this.run(`/v1/edits/${edit.id}/approve`, { hash: edit.hash, ...more });

  /** All records of a table by id, through the engine's /v0. */
  async records(baseId: string, table: string, formula?: string): Promise<Map<string, Body>> {
    const found = new Map<string, Body>();
    let offset: string | undefined;
    do {
      const query = new URLSearchParams({
        pageSize: '100',
        ...(formula === undefined ? {} : { filterByFormula: formula }),
        ...(offset === undefined ? {} : { offset }),
      });
      const { body, status, text } = await this.get(
        `/v0/${baseId}/${encodeURIComponent(table)}?${query.toString()}`,
      );
      if (status !== 200) throw new Error(text);
      for (const record of body['records'] as Array<{ id: string; fields: Body }>)
        found.set(record.id, record.fields);
      offset = typeof body['offset'] === 'string' ? body['offset'] : undefined;
    } while (offset !== undefined);
    return found;
  }
}
