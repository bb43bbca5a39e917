import { LEAST_PART, RATE_LUA } from './recovery';
import { createScript, READ_CLOCK } from './script';

/**
 * Marks the rest after a 429 for everyone, and cuts the pace of a base once a rest: half of what was let through in the
 * second before it, when we were pressing (two or more), else half of what we were allowed. The request that was refused
 * is none of those. Our own slots keep to the limit, so it is somebody else who takes part of it.
 * KEYS: 1 the hash to mark (a line's, or a user's), 2 the line's slots. ARGV: 1 rest (ms), 2 name of the refused slot,
 * 3 its time by Redis' clock, 4 the line's whole rate (0: nothing to cut, a user's), 5 the rate we were allowed at most.
 * Answers JSON: {stillMs, halved, cut?, cutInMs?}.
 */
export const REST_SCRIPT = createScript(`
${READ_CLOCK}
${RATE_LUA}
local ms, at, rate, allowed = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local state = redis.call('HMGET', KEYS[1], 'still', 'cut', 'from')
local still, cut, from = tonumber(state[1] or nil) or 0, tonumber(state[2] or nil), tonumber(state[3] or nil) or 0
local resting = still > now and still <= now + 660000
if not resting or now + ms > still then
  redis.call('HSET', KEYS[1], 'still', string.format('%.3f', now + ms))
  still = now + ms
end
redis.call('ZREM', KEYS[2], ARGV[2])
local halved = rate > 0 and not resting
if halved then
  local own = redis.call('ZCOUNT', KEYS[2], string.format('%.3f', at - 1000), string.format('%.3f', at))
  local before = math.min(allowed, rate_at(rate, cut, from, now))
  if own >= 2 then before = math.min(before, own) end
  cut, from = math.max(rate * ${LEAST_PART}, before / 2), now + 2 * ms
  redis.call('HSET', KEYS[1], 'cut', string.format('%.6f', cut), 'from', string.format('%.3f', from))
elseif cut and from < now + 2 * ms and rate > 0 then
  from = now + 2 * ms
  redis.call('HSET', KEYS[1], 'from', string.format('%.3f', from))
end
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(900000, 3 * ms)))
return cjson.encode({ stillMs = still - now, halved = halved, cut = cut, cutInMs = cut and from - now or nil })`);
