import { ERA_LUA } from './era-lua';
import { LIMITS_LUA } from './limits-lua';
import { QUEUE_LUA } from './queue-lua';
import { RATE_LUA } from './recovery';
import { createScript, READ_CLOCK } from './script';
import * as timing from './timing';

/**
 * "May I go?" Gives the asker the next slot of a line when that is near and no better ticket stands before it; else
 * notes its ticket and says when to ask again.
 *
 * A slot is never nearer to the one before than the line's rate allows, less a little slack (a bucket that starts full
 * would let a whole second's requests through at once), and never within a second of the effective time of the
 * `window`th before it. That is when a slot's request is taken to arrive: what is known of it, or else ASSUMED_LATE_MS
 * after the slot.
 *
 * The better ticket is the interactive one, then that of the workspace served least recently, then the oldest. It
 * counts as long as its owner has time to ask, half the look-ahead; then whoever asks may have the slot, so that an
 * owner who is gone costs nothing.
 *
 * KEYS: 1 line (hash), 2 its slots by effective time, 3 its tickets (hash), 4 workspaces by when they were last
 * served, 5 era of this Redis (hash), 6 processes by when they were last seen, 7 share (time from which it is free),
 * 8 user (hash), 9 the user's slots. Those of 7 to 9 that the question does not name are not touched.
 * ARGV: 1 the question, JSON as Question (ask.ts). Answers JSON as Answer (ask.ts).
 */
export const ASK_SCRIPT = createScript(`
local q = cjson.decode(ARGV[1])
${READ_CLOCK}
${RATE_LUA}
${LIMITS_LUA}
${ERA_LUA}

-- What the line, the share and the user allow.
local line = redis.call('HMGET', KEYS[1], 'free', 'still', 'cut', 'from', 'starving', 'wanted', 'run', 'hold')
local cut, from = num(line[3]), num(line[4]) or 0
if not cut and q.cut then
  cut, from = q.cut, now + q.cutInMs
  redis.call('HSET', KEYS[1], 'cut', cut, 'from', text(from))
end
local rate = rate_at(q.rate, cut, from, now)
if cut and now >= from and rate >= q.rate then
  cut = nil
  redis.call('HDEL', KEYS[1], 'cut', 'from')
end
rate = rate * part
local shareRate, userRate = q.share and q.share * part, q.user and q.user * part
local still = sane(num(line[2]), 660000)
if now + q.stillMs > still + 5 then
  still = now + q.stillMs
  redis.call('HSET', KEYS[1], 'still', text(still))
end
local lineHold = sane(num(line[8]), ${timing.EMPTY_HOLD_MS})
if q.wasLocal then
  lineHold = now + ${timing.EMPTY_HOLD_MS}
  redis.call('HSET', KEYS[1], 'hold', text(lineHold))
end
local slot = math.max(now, paced(line[1], rate), still, held, lineHold, guarded(KEYS[2], left(q.window)))
local own, user = now, nil
if q.share then own = math.max(own, paced(redis.call('GET', KEYS[7]), shareRate)) end
if q.user then
  user = redis.call('HMGET', KEYS[8], 'free', 'bulk', 'still')
  own = math.max(own, paced(user[1], userRate), sane(num(user[3]), 660000), guarded(KEYS[9], left(q.userWindow)))
  if now + q.userStillMs > sane(num(user[3]), 660000) + 5 then
    own = math.max(own, now + q.userStillMs)
    redis.call('HSET', KEYS[8], 'still', text(now + q.userStillMs))
    redis.call('PEXPIRE', KEYS[8], 900000)
  end
  if q.lane == 'bulk' then own = math.max(own, paced(user[2], userRate * ${timing.BULK_PART_OF_USER})) end
end
slot = math.max(slot, own)

${QUEUE_LUA}

local answer = {
  now = text(now), rate = rate, stillMs = math.max(0, still - now), era = born, processes = processes,
  cut = cut, cutInMs = cut and from - now or nil,
}
if user then answer.userStillMs = math.max(0, sane(num(user[3]), 660000) - now) end
local ahead_of_slot = slot - now
if ahead_of_slot <= ${timing.LOOKAHEAD_MS} and (ahead == 0 or ahead_of_slot <= ${timing.LOOKAHEAD_MS / 2}) then
  local effective = text(slot + ${timing.ASSUMED_LATE_MS})
  local free = math.max(slot, sane(num(line[1]), 20000 / rate + 5000)) + 1000 / rate
  redis.call('HSET', KEYS[1], 'free', text(free), 'run', q.lane == 'bulk' and 0 or run + 1)
  if q.lane == 'bulk' and not due then redis.call('HDEL', KEYS[1], 'starving') end
  if q.window > 0 then
    redis.call('ZADD', KEYS[2], effective, q.name)
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 3000)
    redis.call('PEXPIRE', KEYS[2], 10000)
  end
  if q.share then
    local interval = 1000 / shareRate
    local taken = math.max(slot, sane(num(redis.call('GET', KEYS[7])), 20 * interval + 5000)) + interval
    redis.call('SET', KEYS[7], text(taken), 'PX', math.ceil(taken - now + 1000))
  end
  if user then
    local function take(field, value, perSecond)
      local interval = 1000 / perSecond
      redis.call('HSET', KEYS[8], field, text(math.max(slot, sane(num(value), 20 * interval + 5000)) + interval))
    end
    take('free', user[1], userRate)
    if q.lane == 'bulk' then take('bulk', user[2], userRate * ${timing.BULK_PART_OF_USER}) end
    redis.call('PEXPIRE', KEYS[8], 900000)
    if q.userWindow > 0 then
      redis.call('ZADD', KEYS[9], effective, q.name)
      redis.call('ZREMRANGEBYSCORE', KEYS[9], '-inf', now - 3000)
      redis.call('PEXPIRE', KEYS[9], 10000)
    end
  end
  redis.call('HDEL', KEYS[3], q.ticket)
  redis.call('ZADD', KEYS[4], text(slot), q.workspace)
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - 60000)
  redis.call('PEXPIRE', KEYS[4], 120000)
  answer.granted, answer.waitMs, answer.at = true, ahead_of_slot, text(slot)
else
  -- The best one has the first half of the look-ahead for itself, the next ones follow in the order they are in.
  local asks = slot - ${timing.LOOKAHEAD_MS}
  if ahead > 0 then asks = slot - ${timing.LOOKAHEAD_MS / 2} + math.min(10 * (ahead - 1), 500 / rate) end
  asks = math.min(math.max(asks, now + 1), now + ${timing.ASK_AGAIN_MS})
  local ticket = string.format('%s %.3f %.3f %.3f %s', q.lane, me[3], asks, own, q.workspace)
  redis.call('HSET', KEYS[3], q.ticket, ticket)
  redis.call('PEXPIRE', KEYS[3], 5000)
  if q.lane == 'bulk' then
    redis.call('HSET', KEYS[1], 'wanted', text(now))
    if person and not starving then redis.call('HSET', KEYS[1], 'starving', text(now)) end
  end
  answer.granted, answer.waitMs, answer.slotMs = false, asks - now, slot + ahead * 1000 / rate - now
end
redis.call('PEXPIRE', KEYS[1], cut and 900000 or 60000)
if still > now then redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), math.ceil(still - now) + 60000)) end
return cjson.encode(answer)`);
