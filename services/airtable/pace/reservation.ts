/**
 * A limit that requests are paced by: never two within 1000 / perSecond ms. `queue` gives slots in order (a base).
 * `gaps` takes the first free slot that the other pace allows (a user): a base that is far behind then does not
 * put off that user's other bases.
 */
export interface Pace {
  readonly key: string;
  readonly perSecond: number;
  readonly order: 'queue' | 'gaps';
}

/** Either a slot that is ours, `waitMs` from now, or (`granted` false) how long it would have been, and none taken. */
export interface Reservation {
  readonly granted: boolean;
  readonly waitMs: number;
}

/**
 * The next slot that all paces allow, by Redis' own clock, taken only when it is near enough. A bucket that starts
 * full would let a whole second's requests through at once; a slot per request does not.
 * KEYS: for each pace its slots and its still mark. ARGV: longest wait (ms), earliest slot from now (ms), then for
 * each pace its interval (ms) and order. Answers {granted, wait in ms as text}: Redis would cut a number's decimals.
 */
export const RESERVE_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local at = now + tonumber(ARGV[2])
local paces = #KEYS / 2
local function key(i) return KEYS[2 * i - 1] end
local function interval(i) return tonumber(ARGV[1 + 2 * i]) end
local function order(i) return ARGV[2 + 2 * i] end
for i = 1, paces do
  local still = redis.call('PTTL', KEYS[2 * i])
  if still > 0 then at = math.max(at, now + still) end
  if order(i) == 'queue' then at = math.max(at, tonumber(redis.call('GET', key(i)) or '0')) end
end
local moved = true
while moved and at - now <= tonumber(ARGV[1]) do
  moved = false
  for i = 1, paces do
    if order(i) == 'gaps' then
      local from = string.format('(%.3f', at - interval(i) + 0.01)
      local to = string.format('(%.3f', at + interval(i) - 0.01)
      local near = redis.call('ZREVRANGEBYSCORE', key(i), to, from, 'WITHSCORES', 'LIMIT', 0, 1)
      if near[2] then at = tonumber(near[2]) + interval(i) moved = true end
    end
  end
end
if at - now > tonumber(ARGV[1]) then return {0, string.format('%.3f', at - now)} end
for i = 1, paces do
  local slot = string.format('%.3f', at)
  if order(i) == 'queue' then
    redis.call('SET', key(i), string.format('%.3f', at + interval(i)), 'PX', math.ceil(at - now + interval(i)) + 1000)
  else
    redis.call('ZADD', key(i), slot, slot)
    redis.call('ZREMRANGEBYSCORE', key(i), '-inf', string.format('%.3f', now - interval(i)))
    redis.call('PEXPIRE', key(i), math.ceil(at - now + interval(i)) + 60000)
  end
end
return {1, string.format('%.3f', at - now)}`;

/** Lengthens still marks (KEYS) to ARGV[1] ms from now; never shortens one. */
export const STILL_SCRIPT = `
for i = 1, #KEYS do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[i], '1', 'PX', ARGV[1]) end
end
return 1`;

/** Where the rest after a 429 is marked, beside a pace's slots. */
export const stillKey = (pace: Pace) => `${pace.key}:still`;

export const intervalMs = (pace: Pace) => 1000 / pace.perSecond;
