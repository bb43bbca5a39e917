import { createScript } from './script';

/**
 * Puts slots to the time at which their request arrived at the latest, as far as its answer tells. A slot that is
 * forgotten stays forgotten. KEYS: sets of slots. ARGV: 1 name of the slot, 2 its effective time by Redis' clock.
 */
export const SETTLE_SCRIPT = createScript(`
for i = 1, #KEYS do redis.call('ZADD', KEYS[i], 'XX', ARGV[2], ARGV[1]) end
return 1`);

/** Takes back a ticket that nobody waits behind any more. KEYS: 1 tickets. ARGV: 1 ticket. */
export const WITHDRAW_SCRIPT = createScript(`return redis.call('HDEL', KEYS[1], ARGV[1])`);

/** A process that ends leaves its part to the others at once. KEYS: 1 processes. ARGV: 1 process. */
export const LEAVE_SCRIPT = createScript(`return redis.call('ZREM', KEYS[1], ARGV[1])`);
