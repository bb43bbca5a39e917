/**
 * Counts one call and says whether it passes, by Redis' own clock and for all processes at once. A limit holds for any
 * second, not for each second of the clock. A call that passes a limit starts the rest of its base or user; during it
 * nothing is counted and nothing makes it longer. A call that the rate refuses costs no monthly call. What was noted by a
 * clock that has been set back since counts no more.
 * KEYS: refusals so far, monthly calls, then for each limit its rest and its last second (a list of times, newest first).
 * ARGV: rest (ms), monthly calls allowed (-1 for any number), how long to keep the month (ms), then each limit.
 * Answers {'admitted' | 'rate' | 'month', number of this refusal}.
 */
export const ADMIT_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rest = tonumber(ARGV[1])
local function refuse(why)
  local n = redis.call('INCR', KEYS[1])
  redis.call('PEXPIRE', KEYS[1], 86400000)
  return {why, n}
end
for i = 3, #KEYS, 2 do
  local left = redis.call('PTTL', KEYS[i])
  if left > rest then redis.call('DEL', KEYS[i]) elseif left > 0 then return refuse('rate') end
end
local over = false
for i = 3, #KEYS, 2 do
  local window = KEYS[i + 1]
  local oldest = redis.call('LINDEX', window, -1)
  while oldest and (now - tonumber(oldest) >= 1000 or tonumber(oldest) > now) do
    redis.call('RPOP', window)
    oldest = redis.call('LINDEX', window, -1)
  end
  if redis.call('LLEN', window) >= tonumber(ARGV[4 + (i - 3) / 2]) then
    over = true
    if rest > 0 then redis.call('SET', KEYS[i], '1', 'PX', rest) end
  end
end
if over then return refuse('rate') end
for i = 4, #KEYS, 2 do
  redis.call('LPUSH', KEYS[i], string.format('%.3f', now))
  redis.call('PEXPIRE', KEYS[i], 2000)
end
local allowed = tonumber(ARGV[2])
if allowed >= 0 then
  if tonumber(redis.call('GET', KEYS[2]) or '0') >= allowed then return refuse('month') end
  redis.call('INCR', KEYS[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
return {'admitted', 0}`;
