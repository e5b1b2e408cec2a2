-- Keys: ledger:cooldown:* 'until|group|until of the longest of other groups'; ledger:rate:* sorted set charge -> time; ledger:attempts:* hash of runs; ledger:lock:* hash
-- {run, until or 'ever', fence}; ledger:run:* hash of marks of what a run was charged for (and its newest fence); ledger:slot:* sorted
-- set run -> until; ledger:held:* set of the slots a run has; ledger:tally:* sorted set what -> time; ledger:spread:* and
-- ledger:ended:* sorted sets what -> when it was charged and when it ended; ledger:seen:* sorted set what -> time; ledger:flags
-- hash key -> JSON; ledger:storms hash key -> 'since until'.
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

-- Lengthens the life of a key, never shortens it.
local function keep(key, length)
  if redis.call('PTTL', key) < length + EXPIRY_MARGIN then expire(key, length) end
end

local function give_back_slots(run)
  for _, key in ipairs(redis.call('SMEMBERS', L .. 'held:' .. run)) do redis.call('ZREM', L .. 'slot:' .. key, run) end
  redis.call('DEL', L .. 'held:' .. run)
end

-- How many of a sorted set lie within the window.
local function count_within(key, window)
  return redis.call('ZCOUNT', key, text(now - window), '+inf')
end

local function storm_of(key)
  local found = redis.call('HGET', L .. 'storms', key)
  if not found then return nil end
  local since, till = string.match(found, '^(%d+) (%d+)$')
  if tonumber(till) <= now then return nil end
  return tonumber(since), tonumber(till)
end
