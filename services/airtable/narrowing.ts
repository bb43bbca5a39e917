import { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import type { Call, Perform } from './call';
import { createIdentity } from './calls/identity';
import { startTimeLimit, untilAborted } from './time-limit';

/** What was found out about a token that was refused something. */
export interface SeenScopes {
  /** What whoami told; null where it does not tell, as for personal access tokens. */
  readonly scopes: readonly string[] | null;
  /** Scopes that were shown to be missing by a refusal. */
  readonly refused: readonly string[];
}

/** Stores it, and answers with the scopes that the token had when it was tested and has no more. */
export type RecordScopes = (seen: SeenScopes) => Promise<readonly string[]>;

/** How long one finding serves every 403 of a connection, in milliseconds. */
const CHECK_EVERY_MS = 60_000;
const CHECK_MS = 5_000;
/** A call with less time left than this (ms) is not kept back to explain its failure. */
const MIN_LEFT_MS = 100;

const BaseList = z.object({ bases: z.array(z.unknown()) });

/** A 403: the base, the table or the scope is missing or hidden, or the token's owner may not do it. */
const REFUSED_CODES: ReadonlySet<string> = new Set(['connection_forbidden', 'airtable_not_permitted']);

type Finding = Pick<SeenScopes, 'scopes'> & { readonly lost: readonly string[] };

export interface Narrowing {
  /**
   * Makes `perform` say of a 403 which scope is missing: Forbidden `connection_narrowed` where the token had it once,
   * `connection_forbidden` with `details.missingScopes` where it never had. A 403 for another reason (the base, table
   * or field) stays as it is. Airtable is asked at most once a minute for each connection and process, within the time
   * that the call has left. `key` names the connection and its token.
   */
  explain(key: string, perform: Perform, record: RecordScopes, deadlineMs: number): Perform;
}

/** One for each gateway. `now` gives milliseconds that only grow. */
export function createNarrowing(now: () => number): Narrowing {
  const checks = new Map<string, { readonly at: number; readonly finding: Promise<Finding | undefined> }>();

  function check(key: string, perform: Perform, record: RecordScopes): Promise<Finding | undefined> {
    for (const [old, { at }] of checks) if (now() - at >= CHECK_EVERY_MS) checks.delete(old);
    const known = checks.get(key);
    if (known) return known.finding;
    // Where nothing can be found out, the 403 itself is what the caller is told.
    const finding = find(perform, record).catch(() => undefined);
    checks.set(key, { at: now(), finding });
    return finding;
  }

  return {
    explain: (key, perform, record, deadlineMs) =>
      async function explained(call) {
        const startedAt = now();
        try {
          return await perform(call);
        } catch (error) {
          if (!isForbidden(error)) throw error;
          const leftMs = (call.options.deadlineMs ?? deadlineMs) - (now() - startedAt);
          if (leftMs < MIN_LEFT_MS) throw error;
          const limit = startTimeLimit(Math.min(leftMs, CHECK_MS), call.options.signal);
          const waiting = untilAborted(check(key, perform, record), limit.signal);
          const finding = await waiting.catch(() => undefined).finally(() => limit.end());
          throw finding ? explainRefusal(error, scopeOf(call), finding) : error;
        }
      },
  };
}

/** Asks through the plain `perform`, whose own 403 is not explained again. */
async function find(perform: Perform, record: RecordScopes): Promise<Finding> {
  const options = { deadlineMs: CHECK_MS };
  const { scopes = null } = await createIdentity(perform).whoami(options);
  const refused: string[] = [];
  if (!scopes) {
    const bases = { method: 'GET', path: '/meta/bases', effect: 'read', baseId: null, options } as const;
    await perform({ ...bases, answer: BaseList }).catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
      refused.push('schema.bases:read');
    });
  }
  return { scopes, lost: await record({ scopes, refused }) };
}

function isForbidden(error: unknown): error is SagatableError {
  return error instanceof SagatableError && REFUSED_CODES.has(error.code);
}

function explainRefusal(
  error: SagatableError,
  scope: string | undefined,
  { scopes, lost }: Finding,
): SagatableError {
  if (scope === undefined) return error;
  if (lost.includes(scope)) {
    return new SagatableError(
      'Forbidden',
      `Airtable no longer grants the token of this connection the scope ${scope}: add it to the token in Airtable and test the connection, or replace the token.`,
      { code: 'connection_narrowed', details: { ...error.details, lostScopes: lost }, cause: error },
    );
  }
  if (!scopes || scopes.includes(scope)) return error;
  return new SagatableError(
    'Forbidden',
    `The token of this connection does not have the scope ${scope}: add it to the token in Airtable and test the connection.`,
    { code: 'connection_forbidden', details: { ...error.details, missingScopes: [scope] }, cause: error },
  );
}

/**
 * The scope that Airtable asks for a call; undefined for calls of Enterprise customers, which have scopes of their own.
 * Source: Airtable Web API, the "Scope" line of each endpoint.
 */
export function scopeOf({
  method,
  path,
  effect,
}: Pick<Call<unknown>, 'method' | 'path' | 'effect'>): string | undefined {
  const does = effect === 'read' ? 'read' : 'write';
  if (/^\/bases\/[^/]+\/webhooks/.test(path)) return 'webhook:manage';
  if (path.startsWith('/meta/'))
    return method === 'DELETE' || path.includes('/views') ? undefined : `schema.bases:${does}`;
  if (/^\/[^/]+\/[^/]+\/[^/]+\/comments/.test(path)) return `data.recordComments:${does}`;
  return `data.records:${does}`;
}
