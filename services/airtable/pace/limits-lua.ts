import { MARGIN_MS, WINDOW_MS } from './timing';

/** Of ASK_SCRIPT: when a limit allows the next slot. Needs `now`. */
export const LIMITS_LUA = `
local function num(value) return tonumber(value or nil) end
local function text(value) return string.format('%.3f', value) end
-- A time farther off than it can be was noted by a clock that has been set back since.
local function sane(at, most) if at and at <= now + most then return at end return 0 end
local function paced(free, perSecond)
  local interval = 1000 / perSecond
  return sane(num(free), 20 * interval + 5000) - math.min(interval / 4, 50)
end
local function guarded(key, window)
  if window == 0 then return 0 end
  local nth = redis.call('ZREVRANGE', key, window - 1, window - 1, 'WITHSCORES')
  if not nth[2] then return 0 end
  if num(nth[2]) > now + 2000 then redis.call('DEL', key) return 0 end
  return num(nth[2]) + ${WINDOW_MS + MARGIN_MS}
end`;
