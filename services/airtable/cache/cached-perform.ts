import type { Call, Perform } from '../call';
import { parseJson } from '../calls/answers';
import type { GatewayLimits, GatewayMetrics, Lane } from '../limits';
import { startTimeLimit } from '../time-limit';
import { hostOf, identifyRequest, type CachePlace } from './cached-request';
import type { ReadCache } from './read-cache';
import type { SharedFlights } from './shared-flights';

export interface CachedPerformContext {
  readonly perform: Perform;
  readonly cache: ReadCache;
  readonly flights: SharedFlights;
  readonly place: CachePlace;
  readonly lane: Lane;
  readonly limits: Pick<GatewayLimits, 'deadlineMs'>;
  readonly metrics: GatewayMetrics;
  /** Told of each request that did not need to be sent. */
  readonly onSaved: () => void;
}

/**
 * `perform` with kept answers for those who ask for them (`options.cached`) at calls that may be kept (`keepMs`). Everybody
 * else's calls pass through, and so does a call with `beforeSend`: what must be fenced must be sent. What comes out of the
 * cache goes through the call's own zod like any answer, so calls that ask the same must expect the same. Writes drop the
 * base's answers before each request and after the last; one that lands even later than that shows when the kept answers end.
 */
export function createCachedPerform(context: CachedPerformContext): Perform {
  const { perform, cache, flights, place, lane, limits, metrics } = context;
  const host = hostOf(place.endpointUrl);

  return function performCached<T>(call: Call<T>): Promise<T> {
    if (call.effect !== 'read') return write(call);
    const { cached, beforeSend, signal } = call.options;
    const keepMs = call.keepMs ?? 0;
    return cached && keepMs > 0 && !beforeSend && !signal?.aborted ? read(call, keepMs) : perform(call);
  };

  async function write<T>(call: Call<T>): Promise<T> {
    const drop = async () => {
      await cache.dropBase(host, call.baseId);
      if (call.baseId !== null && removesBase(call)) await cache.dropBase(host, null);
    };
    const beforeSend: NonNullable<Call<T>['options']['beforeSend']> = async (before) => {
      await drop();
      // Last: what a caller proves here must be true when the bytes leave.
      await call.options.beforeSend?.(before);
    };
    try {
      return await perform({ ...call, options: { ...call.options, beforeSend } });
    } finally {
      await drop();
    }
  }

  async function read<T>(call: Call<T>, keepMs: number): Promise<T> {
    const request = identifyRequest(place, call);
    const found = await cache.lookUp(request);
    if (!found) return perform(call);
    const kept = parse(call, found.text);
    if (kept) {
      metrics.cacheHits++;
      return saved(kept.value);
    }
    const limit = startTimeLimit(call.options.deadlineMs ?? limits.deadlineMs, call.options.signal);
    let answer: Promise<T> | undefined;
    const fly = () => {
      metrics.cacheMisses++;
      answer = perform({ ...call, options: { ...call.options, deadlineMs: limit.remainingMs() } });
      return answer.then((value) => JSON.stringify(value));
    };
    try {
      const ride = await flights.ride(`${lane} ${found.generation} ${request.seal}`, limit.signal, fly);
      if (ride.own && answer) {
        await cache.keep(request, found.generation, ride.text, keepMs);
        return await answer;
      }
      const joined = parse(call, ride.text);
      return joined ? saved(joined.value) : await perform(call);
    } finally {
      limit.end();
    }
  }

  function saved<T>(value: T): T {
    metrics.savedCalls++;
    context.onSaved();
    return value;
  }
}

/** Undefined for no answer, and for one of another form: an earlier or later version of this program may have kept it. */
function parse<T>(call: Call<T>, text: string | undefined): { readonly value: T } | undefined {
  if (text === undefined) return undefined;
  const parsed = call.answer.safeParse(parseJson(text));
  return parsed.success ? { value: parsed.data } : undefined;
}

/** Deleting a base shows in the list of bases. */
const removesBase = (call: Call<unknown>) =>
  call.method === 'DELETE' && /^\/meta\/bases\/[^/?]+$/.test(call.path);
