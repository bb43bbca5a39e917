import * as timing from './timing';

/**
 * Of ASK_SCRIPT: what this Redis can know. A Redis that was emptied, or that processes did without, does not know what
 * was sent in the second before: nobody gets a slot until that is over (`held`). Processes come back one after the
 * other; those that do not know yet that they can still keep to their own parts (`part`, `left`).
 */
export const ERA_LUA = `
local era = redis.call('HMGET', KEYS[5], 'born', 'hold', 'parts', 'since')
local born, hold, parts, since = era[1], sane(num(era[2]), ${timing.EMPTY_HOLD_MS}), num(era[3]), sane(num(era[4]), 0)
local held = hold
if q.returned then
  held = now + ${timing.EMPTY_HOLD_MS}
  if now - since > ${timing.PROCESS_SEEN_MS} then parts, since = nil, now end
  parts = math.max(parts or 1, q.parts)
  redis.call('HSET', KEYS[5], 'parts', parts, 'since', text(since))
end
if not born then
  born = text(now)
  redis.call('HSET', KEYS[5], 'born', born)
end
if q.era ~= '' and q.era ~= born then held = math.max(held, sane(num(born), 0) + ${timing.EMPTY_HOLD_MS}) end
if held > hold then redis.call('HSET', KEYS[5], 'hold', text(held)) end
redis.call('PEXPIRE', KEYS[5], 86400000)
if q.announce then
  redis.call('ZADD', KEYS[6], now, q.process)
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now - ${timing.PROCESS_SEEN_MS})
  redis.call('PEXPIRE', KEYS[6], 60000)
end
local processes = redis.call('ZCOUNT', KEYS[6], now - ${timing.PROCESS_SEEN_MS}, '+inf')
local missing, part = 0, 1
if parts and now - since < ${timing.PROCESS_SEEN_MS} then
  missing = math.max(0, parts - redis.call('ZCOUNT', KEYS[6], text(since), '+inf'))
  part = math.max(1, parts - missing) / parts
end
local function left(window)
  if window == 0 then return 0 end
  return math.max(1, window - missing * (parts and math.max(1, math.floor(window / parts)) or 0))
end`;
