import type { Request, RequestHandler } from 'express';
import type { Scope } from '../../contracts/scopes';
import type { Database, TransactionKind, Tx } from '../../services/database/database';
import { isOtherSchema } from '../../services/engine/base-rows';
import { EngineError, modelNotFound } from '../../services/engine/engine-error';
import { concludeWrite } from '../../services/engine/conclude-write';
import type { Engine } from '../../services/engine/engine';
import type { Imitation } from '../../services/engine/imitation/imitation';
import type { BasePlace, Effect } from '../../services/engine/place';
import { imitatedCall } from './imitated-call';
import { readQuery, type QueryText } from './query';

/** Who a bearer token stands for. */
export interface BearerIdentity {
  readonly tokenId: string;
  readonly userId: string;
  readonly workspaceId: string;
  readonly scopes: readonly string[];
}

export type EngineScope = Extract<
  Scope,
  `data.records:${string}` | `data.recordComments:${string}` | `schema.bases:${string}` | 'webhook:manage'
>;

/** What a route gets: a transaction of the token's workspace and what the request said. */
export interface EngineCall {
  readonly tx: Tx;
  readonly who: BearerIdentity;
  /** The base of the path, in this transaction, with the token's user acting. */
  readonly place: BasePlace;
  readonly body: unknown;
  readonly query: QueryText;
  /** A part of the path; '' when the route has no such part. */
  part(name: 'base' | 'table' | 'record' | 'field' | 'view' | 'webhook' | 'comment'): string;
}

export interface EngineDoorParts {
  readonly db: Pick<Database, 'tenant'>;
  readonly engine: Engine;
  readonly authenticate: (bearer: string) => Promise<BearerIdentity | null>;
  /** Airtable's limits, where they are switched on; without it there are none. */
  readonly imitation?: Imitation;
  /** Hears what a committed request leaves to be done; whoever does it looks by itself too. */
  readonly nudge?: (effect: Effect) => void;
}

async function identify(req: Request, parts: EngineDoorParts): Promise<BearerIdentity> {
  const bearer = /^Bearer +(\S+)$/i.exec(req.get('authorization') ?? '')?.[1];
  if (bearer === undefined) throw new EngineError(401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
  const who = await parts.authenticate(bearer);
  if (!who) throw new EngineError(401, 'AUTHENTICATION_REQUIRED', 'Invalid authentication token');
  return who;
}

/** How a write goes into the log, where the base of the path or the whole of request and result are not it. */
interface Logging {
  readonly baseOf?: (call: EngineCall, result: unknown) => string;
  /** Leaves out what may not be kept: secrets, a file's bytes. */
  readonly logged?: (
    request: unknown,
    result: unknown,
  ) => { readonly request: unknown; readonly result: unknown };
}

const whole = (request: unknown, result: unknown) => ({ request, result });

/** Airtable refuses longer addresses. Source: Airtable Web API, limits: URL < 16,000 characters. */
const MAX_URL = 16_000;

/** Makes the two kinds of route: a read, and a write whose log entry commits with it. */
export function createCalls(parts: EngineDoorParts) {
  function route(
    scope: EngineScope | null,
    work: (call: EngineCall, req: Request) => Promise<unknown>,
    kind: TransactionKind = {},
  ): RequestHandler {
    return async (req, res) => {
      if (req.originalUrl.length > MAX_URL) {
        throw new EngineError(414, 'REQUEST_URI_TOO_LONG', 'Use POST …/listRecords for long requests');
      }
      const who = await identify(req, parts);
      const imitated = imitatedCall(req, who);
      if (imitated) await parts.imitation?.admit(imitated);
      if (scope !== null && !who.scopes.includes(scope)) throw modelNotFound();
      const query = readQuery(req.originalUrl);
      const body: unknown = req.body;
      const part = (name: string) => String(req.params[name] ?? '');
      let effects: ReadonlySet<Effect> = new Set();
      const answering = (trusting: boolean) =>
        parts.db.tenant(
          who.workspaceId,
          (tx) => {
            const by = { userId: who.userId, source: 'publicApi' as const };
            const place = parts.engine.open(tx, who.workspaceId, part('base'), by, trusting);
            effects = place.effects;
            return work({ tx, who, place, body, query, part }, req);
          },
          kind,
        );
      const answer = await answering(true).catch((error: unknown) => {
        if (isOtherSchema(error)) return answering(false);
        throw error;
      });
      for (const effect of effects) parts.nudge?.(effect);
      // As `res.json`, without the digest that it makes of every answer for caches: these are not cached.
      res.set('Content-Type', 'application/json; charset=utf-8').end(JSON.stringify(answer));
    };
  }
  return {
    /** `kind` is for the reads that keep something up to date besides. */
    read: (
      scope: EngineScope | null,
      work: (call: EngineCall) => Promise<unknown>,
      kind: TransactionKind = { readOnly: true },
    ) => route(scope, work, kind),
    write: (
      scope: EngineScope,
      work: (call: EngineCall) => Promise<unknown>,
      { baseOf = basePart, logged = whole }: Logging = {},
    ) =>
      route(scope, async (call, req) => {
        const result = await work(call);
        await concludeWrite(call.place);
        parts.engine.recordRequest(call.tx, call.who.workspaceId, {
          baseId: baseOf(call, result),
          tokenId: call.who.tokenId,
          method: req.method,
          path: req.originalUrl,
          ...logged(call.body, result),
        });
        return result;
      }),
  };
}

export type Calls = ReturnType<typeof createCalls>;

function basePart(call: EngineCall, _result: unknown): string {
  return call.part('base');
}
