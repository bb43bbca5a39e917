import { z } from 'zod';
import { answerOf } from '../../identity/redis-answers';
import type { Database } from '../../database/database';
import { EngineError } from '../engine-error';
import { ADMIT_SCRIPT } from './admission-script';
import { imitatedRefusal } from './refusals';
import type { ImitationSettings } from './settings';
import { createSwitches } from './switches';

/** What is known of a call before it is carried out. */
export interface ImitatedCall {
  readonly workspaceId: string;
  readonly userId: string;
  readonly tokenId: string;
  /** Null for a call that is about no base in particular. */
  readonly baseId: string | null;
  /** Calls under /v0/meta go on when the month's calls are spent; only data calls count as such. */
  readonly kind: 'data' | 'meta';
}

export interface Imitation {
  /**
   * Lets a call pass, or throws Airtable's 429: only where the base's or the token's switch is on (the base's numbers go
   * before the token's). Throws 503 RETRIABLE_ERROR when the calls cannot be counted.
   */
  admit(call: ImitatedCall): Promise<void>;
  /** To be called after a switch was changed, for the process that changed it to know at once. */
  forget(workspaceId: string): void;
}

/** What imitation needs of ioredis. */
interface ImitationRedis {
  eval(script: string, numberOfKeys: number, ...rest: readonly (string | number)[]): Promise<unknown>;
}

interface ImitationOptions {
  readonly db: Pick<Database, 'tenant'>;
  readonly redis: ImitationRedis;
  readonly config: { readonly redisPrefix: string };
  readonly clock: { now(): Date };
}

const Answer = z.tuple([z.enum(['admitted', 'rate', 'month']), z.number()]);

/** Longer than a month, so that no count is lost before its month is over. */
const MONTH_KEPT_MS = 40 * 24 * 3_600_000;

/** Airtable's limits on the engine. Calls are counted in Redis, for all processes together; where no switch is on, Redis is not asked. */
export function createImitation({ db, redis, config, clock }: ImitationOptions): Imitation {
  const switches = createSwitches(db, () => performance.now());
  const prefix = `${config.redisPrefix}imitation:`;

  /** A base id can be in two workspaces; a user is one in all of theirs. */
  function limitsOf(call: ImitatedCall, settings: ImitationSettings) {
    const ofUser = { key: `${prefix}user:${call.userId}`, limit: settings.perUser };
    if (call.baseId === null) return [ofUser];
    return [{ key: `${prefix}base:${call.workspaceId}:${call.baseId}`, limit: settings.perBase }, ofUser];
  }

  async function ask(call: ImitatedCall, settings: ImitationSettings): Promise<z.infer<typeof Answer>> {
    const limits = limitsOf(call, settings);
    const month = clock.now().toISOString().slice(0, 7);
    const keys = [
      `${prefix}refusals:${call.workspaceId}`,
      `${prefix}month:${call.workspaceId}:${month}`,
      ...limits.flatMap(({ key }) => [`${key}:rest`, `${key}:second`]),
    ];
    const monthly = call.kind === 'meta' ? null : settings.monthlyCalls;
    const args = [
      Math.ceil(settings.lockOutSeconds * 1_000),
      monthly ?? -1,
      MONTH_KEPT_MS,
      ...limits.map(({ limit }) => limit),
    ];
    const answer = answerOf(
      redis.eval(ADMIT_SCRIPT, keys.length, ...keys, ...args),
      'Calls cannot be counted at the moment: try again soon.',
      'imitation_unavailable',
    );
    return Answer.parse(
      await answer.catch((cause: unknown) => {
        throw new EngineError(503, 'RETRIABLE_ERROR', 'Please try again shortly', { cause });
      }),
    );
  }

  return {
    async admit(call) {
      const known = await switches.of(call.workspaceId);
      const settings = (call.baseId !== null && known.get(call.baseId)) || known.get(call.tokenId);
      if (!settings) return;
      const [outcome, n] = await ask(call, settings);
      if (outcome !== 'admitted') throw imitatedRefusal(outcome, settings.body, n);
    },
    forget: (workspaceId) => switches.forget(workspaceId),
  };
}
