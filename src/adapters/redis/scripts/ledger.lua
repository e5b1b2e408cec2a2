-- Keys: ledger:cooldown:* 'until|group|until of the longest of other groups'; ledger:rate:* sorted set charge -> time; ledger:attempts:* set of runs; ledger:lock:* hash
-- {run, until or 'ever', fence}; ledger:run:* hash of what a run was charged for (and its newest fence).
-- The ends are in the values; keys expire a little later, as Redis's own time may step where ours does not.
local L = P .. 'ledger:'

local function expire(key, length)
  redis.call('PEXPIRE', key, text(length + EXPIRY_MARGIN))
end

-- The run that holds the lock now, and until when (nil = for ever); false when it is free.
local function holder_of(key)
  local found = redis.call('HMGET', L .. 'lock:' .. key, 'run', 'until')
  if not found[1] then return false end
  if found[2] == 'ever' then return found[1], nil end
  if tonumber(found[2]) <= now then return false end
  return found[1], tonumber(found[2])
end

local function hold(key, run, length)
  local lock = L .. 'lock:' .. key
  redis.call('HSET', lock, 'run', run, 'until', text(now + length))
  expire(lock, length)
end

-- When the cooldown is over for this group: what the group itself started does not count, what was started without one does.
local function cooled_till(key, group)
  local longest, by, others = string.match(redis.call('GET', L .. 'cooldown:' .. key) or '', '^([^|]*)|(.*)|([^|]*)$')
  if not longest then return 0, '', 0 end
  local till = (group ~= '' and by == group) and others or longest
  return tonumber(till), by, tonumber(others), tonumber(longest)
end
