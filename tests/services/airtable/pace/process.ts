import type { Redis } from 'ioredis';
import type { Call } from '../../../../services/airtable/call';
import {
  createMetrics,
  GATEWAY_LIMITS,
  type GatewayMetrics,
  type Lane,
  type PaceLimits,
} from '../../../../services/airtable/limits';
import { createLimiter, type Limiter } from '../../../../services/airtable/pace/limiter';
import { createPaces } from '../../../../services/airtable/pace/paces';
import { createRoundTrips } from '../../../../services/airtable/pace/round-trips';
import { createTakeTurn, type Turn } from '../../../../services/airtable/pace/take-turn';
import { startTimeLimit } from '../../../../services/airtable/time-limit';
import { connectRedis } from '../setup';

/** What the limiter needs to know of a call. */
const READ: Omit<Call<unknown>, 'answer' | 'baseId'> = {
  method: 'GET',
  path: '/base/table',
  effect: 'read',
  options: {},
};

export interface AskedFor {
  readonly baseId?: string | null;
  readonly lane?: Lane;
  readonly workspaceId?: string;
  readonly connectionId?: string;
  readonly share?: number;
  readonly user?: string;
  readonly signal?: AbortSignal;
  readonly maxWaitMs?: number;
}

/** One process as the limiter sees it: a connection to Redis of its own, a memory of its own. */
export interface Process {
  readonly limiter: Limiter;
  readonly redis: Redis;
  readonly metrics: GatewayMetrics;
  /** Waits for a turn. */
  take(asked?: AskedFor): Promise<Turn>;
  end(): void;
}

export function startProcess(
  prefix: string,
  pace: PaceLimits,
  options: { redis?: Redis; redisMs?: number } = {},
): Process {
  const redis = options.redis ?? connectRedis();
  redis.on('error', () => undefined);
  const metrics = createMetrics();
  const now = () => performance.now();
  const limiter = createLimiter({
    redis,
    redisPrefix: prefix,
    redisMs: options.redisMs ?? 250,
    now,
    onLocal: () => metrics.localReservations++,
  });
  const roundTrips = createRoundTrips();
  return {
    limiter,
    redis,
    metrics,
    async take(asked = {}) {
      const lane = asked.lane ?? 'interactive';
      const maxWaitMs = {
        ...GATEWAY_LIMITS.maxWaitMs,
        ...(asked.maxWaitMs === undefined ? {} : { [lane]: asked.maxWaitMs }),
      };
      const limits = { ...GATEWAY_LIMITS, maxWaitMs, pace: { airtable: pace, engine: pace } };
      const takeTurn = createTakeTurn({
        limiter,
        roundTrips,
        lane,
        limits,
        metrics,
        now,
        pacesOf: createPaces(
          {
            endpoint: { url: 'http://listed.test', kind: 'airtable' },
            token: 'pat',
            airtableUser: asked.user ?? 'usrOfTheTest',
            share: asked.share,
            saved: { workspaceId: asked.workspaceId ?? 'ws_1', id: asked.connectionId ?? 'con_1' },
          },
          limits,
          prefix,
        ),
      });
      const deadline = startTimeLimit(60_000, asked.signal);
      try {
        const call = {
          ...READ,
          baseId: asked.baseId === undefined ? 'appBase' : asked.baseId,
        } as Call<unknown>;
        return await takeTurn(call, deadline, {});
      } finally {
        deadline.end();
      }
    },
    end() {
      limiter.close();
      redis.disconnect();
    },
  };
}
