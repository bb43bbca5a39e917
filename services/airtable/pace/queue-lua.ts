import * as timing from './timing';

/**
 * Of ASK_SCRIPT: how many live tickets go before the asker's (`ahead`) for its `slot`, and whether a person is among
 * them (`person`); tickets whose owner did not ask for long are forgotten. Bulk work that starves is `due`.
 */
export const QUEUE_LUA = `
local wanted, starving, run = num(line[6]) or 0, num(line[5]), num(line[7]) or 0
if now - wanted > 10000 then starving = nil end
local due = starving and now - starving > ${timing.STARVED_AFTER_MS} and run >= ${timing.INTERACTIVE_RUN}
local function rank(lane)
  if lane == 'bulk' then return due and 0 or 2 end
  return 1
end
local function served(workspace) return num(redis.call('ZSCORE', KEYS[4], workspace)) or 0 end
local me = { rank(q.lane), served(q.workspace), now - q.waitedMs }
local function better(lane, workspace, since, id)
  local it = { rank(lane), served(workspace), since }
  for i = 1, 3 do
    if it[i] ~= me[i] then return it[i] < me[i] end
  end
  return id < q.ticket
end
local ahead, person = 0, false
local tickets = redis.call('HGETALL', KEYS[3])
for i = 1, #tickets, 2 do
  local id = tickets[i]
  if id ~= q.ticket then
    local lane, since, asks, free, workspace = string.match(tickets[i + 1], '^(%S+) (%S+) (%S+) (%S+) (.*)$')
    local overdue = now - num(asks)
    if overdue > ${timing.ASK_AGAIN_MS} or overdue < -600000 then
      redis.call('HDEL', KEYS[3], id)
    elseif overdue <= ${timing.OVERDUE_MS} and num(free) <= slot + 5 then
      if better(lane, workspace, num(since), id) then ahead = ahead + 1 end
      person = person or lane == 'interactive'
    end
  end
end`;
