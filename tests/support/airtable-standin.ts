import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWERS } from '../../chaos/proxy/airtable-answers';

export { ANSWERS };

/** One answer that is not the usual one. Writes land unless `lost` says that the request went under before. */
export type Script =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
      /** How long the answer is held back; nothing by default. */
      readonly delayMs?: number;
    }
  /** Closes the socket: before anything was done, after it was done, or in the middle of the answer. */
  | { readonly drop: 'before' | 'after' | 'midway' }
  /** Never answers; what was asked is done all the same, unless `lost`. */
  | { readonly hang: true; readonly lost?: boolean }
  /** The usual answer, later. */
  | { readonly delayMs: number };

export interface SeenRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As JSON, where it was sent as that; else as text. */
  readonly body: unknown;
  readonly contentType: string | undefined;
  readonly token: string;
  /** Milliseconds, by a clock that only grows. */
  readonly at: number;
  /** Resolves when the caller hung up before the answer was out. */
  readonly hungUp: Promise<void>;
}

export interface StandInRecord {
  readonly id: string;
  readonly createdTime: string;
  fields: Record<string, unknown>;
}

export interface AirtableStandIn {
  readonly url: string;
  /** host:port, for config.airtableHosts. */
  readonly host: string;
  readonly requests: SeenRequest[];
  readonly records: Map<string, StandInRecord>;
  /** The next requests get these, in order; then the usual answers come again. */
  script(...scripts: Script[]): void;
  /** Every request gets this until it is called with nothing. */
  always(script?: Script): void;
  /** Forgets requests, records and scripts. */
  reset(): void;
  close(): Promise<void>;
}

type Reply = { readonly status: number; readonly body: unknown };

/** A local HTTP server that speaks the Airtable wire: one base, one table, and whatever answers a test scripts. */
export async function startAirtableStandIn(): Promise<AirtableStandIn> {
  const requests: SeenRequest[] = [];
  const records = new Map<string, StandInRecord>();
  let scripts: Script[] = [];
  let standing: Script | undefined;

  const server = createServer((req, res) => {
    const at = performance.now();
    readBody(req).then(
      (body) => answer(req, res, body, at),
      () => res.destroy(),
    );
  });

  function answer(req: IncomingMessage, res: ServerResponse, body: unknown, at: number): void {
    const url = new URL(req.url ?? '/', 'http://stand-in');
    const hungUp = new Promise<void>((resolve) => res.on('close', () => !res.writableFinished && resolve()));
    const token = (req.headers.authorization ?? '').replace('Bearer ', '');
    const request = {
      method: req.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      body,
      contentType: req.headers['content-type'],
      token,
      at,
      hungUp,
    };
    requests.push(request);
    const script = scripts.shift() ?? standing;
    const usual = () => reply(request, records);
    if (!script) return send(res, usual());
    if ('status' in script) {
      const { status, body: given = {}, headers, delayMs = 0 } = script;
      return void setTimeout(() => send(res, { status, body: given }, headers), delayMs);
    }
    if ('delayMs' in script) return void setTimeout(() => send(res, usual()), script.delayMs).unref();
    if ('hang' in script) return void (script.lost || usual());
    if (script.drop === 'before') return void res.destroy();
    const text = JSON.stringify(usual().body);
    if (script.drop === 'after') return void res.destroy();
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    res.write(text.slice(0, text.length / 2), () => res.destroy());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    requests,
    records,
    script: (...more) => void scripts.push(...more),
    always: (script) => void (standing = script),
    reset() {
      requests.length = 0;
      records.clear();
      scripts = [];
      standing = undefined;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (req.headers['content-type'] !== 'application/json') return text || undefined;
  return text ? (JSON.parse(text) as unknown) : undefined;
}

function send(res: ServerResponse, { status, body }: Reply, headers: Record<string, string> = {}): void {
  res.writeHead(status, {
    'content-type': 'application/json',
    'x-request-id': 'req-of-the-stand-in',
    ...headers,
  });
  res.end(typeof body === 'string' ? body : JSON.stringify(body));
}

type Request = Pick<SeenRequest, 'method' | 'path' | 'query' | 'body'>;

function reply(request: Request, records: Map<string, StandInRecord>): Reply {
  const [, , ...rest] = request.path.split('/');
  if (rest[0] === 'meta') return meta(rest.slice(1));
  const [, , third] = rest;
  if (third === 'listRecords') return listing(request.body as Record<string, unknown>, records);
  if (request.method === 'GET') {
    if (third) return found(records.get(third));
    return listing(Object.fromEntries(request.query), records);
  }
  if (request.method === 'DELETE') return deletion(request.query.getAll('records[]'), records);
  const written = (
    request.body as { records: { id?: string; fields: Record<string, unknown> }[] }
  ).records.map(({ id, fields }) => write(records, id, fields));
  return written.every((r) => r !== undefined) ? { status: 200, body: { records: written } } : MISSING;
}

const MISSING: Reply = {
  status: 422,
  body: { error: { type: 'ROW_DOES_NOT_EXIST', message: 'Record ID does not exist in this table' } },
};

function meta([what, baseId]: string[]): Reply {
  if (what === 'whoami')
    return {
      status: 200,
      body: { id: 'usrStandIn', email: 'someone@example.com', scopes: ['data.records:read'] },
    };
  const fields = [{ id: 'fldName0000000000', name: 'Name', type: 'singleLineText' }];
  const table = {
    id: 'tblThings00000000',
    name: 'Things',
    primaryFieldId: 'fldName0000000000',
    fields,
    views: [],
    unknownKey: 1,
  };
  if (baseId) return { status: 200, body: { tables: [table] } };
  return {
    status: 200,
    body: { bases: [{ id: 'appStandIn0000000', name: 'Stand-in', permissionLevel: 'create' }] },
  };
}

const found = (record: StandInRecord | undefined): Reply =>
  record ? { status: 200, body: record } : ANSWERS.notFound;

function write(records: Map<string, StandInRecord>, id: string | undefined, fields: Record<string, unknown>) {
  if (id === undefined) {
    const record = {
      id: `rec${String(records.size).padStart(14, '0')}`,
      createdTime: '2026-01-01T00:00:00.000Z',
      fields,
    };
    records.set(record.id, record);
    return record;
  }
  const record = records.get(id);
  if (record) record.fields = { ...record.fields, ...fields };
  return record;
}

function deletion(ids: string[], records: Map<string, StandInRecord>): Reply {
  // One that is missing fails the whole request.
  if (!ids.every((id) => records.has(id))) return ids.length === 1 ? ANSWERS.notFound : MISSING;
  for (const id of ids) records.delete(id);
  return { status: 200, body: { records: ids.map((id) => ({ id, deleted: true })) } };
}

function listing(params: Record<string, unknown>, records: Map<string, StandInRecord>): Reply {
  const start = Number(params['offset'] ?? 0);
  const size = Number(params['pageSize'] ?? 100);
  const page = [...records.values()].slice(start, start + size);
  const more = start + size < records.size;
  return { status: 200, body: { records: page, ...(more ? { offset: String(start + size) } : {}) } };
}
