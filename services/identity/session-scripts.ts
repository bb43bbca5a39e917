/**
 * What happens to sessions in Redis in one go. A session is a hash with `userId`, `device`, `current` and `previous`
 * (digests of refresh tokens) and times in ms; a user's sessions are a sorted set of ids by their absolute end.
 * Times come from the caller as text: Lua would shorten them.
 */

/** KEYS: session, sessions of the user. ARGV: id, user, device, digest, now, idle end, absolute end. */
export const START = `
redis.call('HSET', KEYS[1], 'userId', ARGV[2], 'device', ARGV[3], 'current', ARGV[4], 'createdAt', ARGV[5],
  'lastUsedAt', ARGV[5], 'idleEndsAt', ARGV[6], 'endsAt', ARGV[7])
redis.call('PEXPIREAT', KEYS[1], ARGV[6])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[7], ARGV[1])
redis.call('PEXPIREAT', KEYS[2], ARGV[7])
return 1`;

/**
 * KEYS: session. ARGV: digest of the token given, digest of its successor, now, grace (ms), new idle end.
 * The current token is replaced. The one before it, within the grace, was answered and the answer lost. Any older one
 * is in two hands: the whole family ends.
 */
export const ROTATE = `
local s = redis.call('HMGET', KEYS[1], 'userId', 'current', 'previous', 'lastUsedAt', 'idleEndsAt', 'endsAt')
local now = tonumber(ARGV[3])
if not s[1] then return {'ended'} end
if tonumber(s[5]) <= now or tonumber(s[6]) <= now then redis.call('DEL', KEYS[1]); return {'ended'} end
if s[2] == ARGV[1] then
  redis.call('HSET', KEYS[1], 'current', ARGV[2], 'previous', ARGV[1], 'lastUsedAt', ARGV[3], 'idleEndsAt', ARGV[5])
  redis.call('PEXPIREAT', KEYS[1], tonumber(ARGV[5]) < tonumber(s[6]) and ARGV[5] or s[6])
  return {'rotated', s[1]}
end
if s[3] == ARGV[1] and s[2] == ARGV[2] and now - tonumber(s[4]) <= tonumber(ARGV[4]) then return {'rotated', s[1]} end
redis.call('DEL', KEYS[1])
return {'reused'}`;

/** KEYS: session, sessions of the user. ARGV: id, user. Answers 1 when it was the user's. */
export const REVOKE = `
if redis.call('HGET', KEYS[1], 'userId') ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1`;

/** KEYS: sessions of the user. ARGV: what session keys begin with. Answers how many there were. */
export const REVOKE_ALL = `
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do ended = ended + redis.call('DEL', ARGV[1] .. id) end
redis.call('DEL', KEYS[1])
return ended`;
