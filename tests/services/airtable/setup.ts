import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { SagatableError } from '../../../contracts/errors';
import {
  createAirtableGateway,
  type AirtableGateway,
  type ConnectionAccess,
  type GatewayOptions,
  type Health,
} from '../../../services/airtable/gateway';
import { GATEWAY_LIMITS, type GatewayLimits } from '../../../services/airtable/limits';
import type { AirtableStandIn } from '../../support/airtable-standin';

export const BASE = 'appStandIn0000000';
export const TABLE = 'tblThings00000000';
export const NAME = 'fldName0000000000';
/** Looked for in everything that is thrown. */
export const TOKEN = 'patCanary.of-the-token';
export const CONNECTION = { workspaceId: 'ws_0000000000000000000000', id: 'con_0000000000000000000000' };

/** Fast enough for tests, with waits short enough to be waited out. */
export const QUICK: Partial<GatewayLimits> = {
  pace: { airtable: { perBase: 1000, perUser: 1000 }, engine: { perBase: 1000 } },
  backoffBaseMs: 5,
  backoffCapMs: 20,
  stillMs: 400,
};

export function connectRedis(): Redis {
  return new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: 1 });
}

export interface TestGateway {
  readonly gateway: AirtableGateway;
  readonly health: Health[];
}

/** A gateway as one process has it; those with the same prefix share their limits. */
export function createTestGateway(
  standIn: Pick<AirtableStandIn, 'url' | 'host'>,
  redis: GatewayOptions['redis'],
  options: { prefix?: string; limits?: Partial<GatewayLimits>; access?: Partial<ConnectionAccess> } = {},
): TestGateway {
  const health: Health[] = [];
  const gateway = createAirtableGateway({
    redis,
    config: {
      apiUrl: 'http://localhost:1',
      airtableHosts: [standIn.host],
      redisPrefix: options.prefix ?? randomPrefix(),
    },
    connections: {
      accessOf: async () => ({
        url: standIn.url,
        token: TOKEN,
        airtableUser: 'usrStandIn',
        writable: true,
        health: 'ok',
        ...options.access,
      }),
      recordHealth: async (_workspaceId, _id, seen) => void health.push(seen),
    },
    limits: { ...GATEWAY_LIMITS, ...QUICK, ...options.limits },
  });
  return { gateway, health };
}

export const randomPrefix = () => `test:${randomBytes(8).toString('hex')}:`;

/** The error a call throws, which must be one of ours and must not hold the token anywhere. */
export async function failureOf(call: Promise<unknown>): Promise<SagatableError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SagatableError)) throw new Error(`expected a SagatableError, got ${String(error)}`);
  expect(textOf(error)).not.toContain(TOKEN);
  return error;
}

/** Everything of an error, its causes included, as text. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const own = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((key) => [key, Reflect.get(error, key) as unknown]),
  );
  return `${JSON.stringify(own)} ${error.stack} ${textOf(error.cause)}`;
}

export async function allPages<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
