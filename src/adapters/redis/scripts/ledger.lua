-- Keys: ledger:cooldown:*, ledger:attempts:* and ledger:over:* hashes of short records, many to a hash, as a key of its own would cost
-- more than it says: 'until|group|until of the longest of other groups', 'until| run run …' and 'until|' of a run that has ended;
-- ledger:rate:* sorted set charge -> time; ledger:lock:* hash
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

-- Lengthens the life of a key, never shortens it.
local function keep(key, length)
  if redis.call('PTTL', key) < length + EXPIRY_MARGIN then expire(key, length) end
end

-- Stands for a text, and is short enough for a compact record.
local function mark(given)
  return string.sub(redis.sha1hex(given), 1, 16)
end

-- Where a sorted set is: under its own name, or under what stands for a long one.
local log_names = {}
local function log_at(kind, key)
  local name = log_names[key]
  if not name then
    name = #key > 32 and '#' .. string.sub(redis.sha1hex(key), 1, 24) or key
    log_names[key] = name
  end
  return L .. kind .. ':' .. name
end

local function record_place(kind, key)
  local hash = redis.sha1hex(key)
  return L .. kind .. ':' .. string.sub(hash, 1, 3), string.sub(hash, 4, 19)
end

-- Until when a short record stands, and what it says; nil when there is none.
local function read_record(kind, key)
  local hash, field = record_place(kind, key)
  local till, rest = string.match(redis.call('HGET', hash, field) or '', '^(%d+)|(.*)$')
  return tonumber(till), rest
end

-- Each write looks at a few others as well and takes away those that are over, so that no hash grows by what nobody asks for.
local function write_record(kind, key, till, rest)
  local hash, field = record_place(kind, key)
  redis.call('HSET', hash, field, text(till) .. '|' .. rest)
  keep(hash, till - now)
  local some = redis.call('HRANDFIELD', hash, 8, 'WITHVALUES')
  for i = 1, #some, 2 do
    if tonumber(string.match(some[i + 1], '^%d+')) <= now then redis.call('HDEL', hash, some[i]) end
  end
end

-- When the cooldown is over for this group: what the group itself started does not count, what was started without one does.
local function cooled_till(key, group)
  local longest, rest = read_record('cooldown', key)
  if not longest then return 0, '', 0, 0 end
  local by, others = string.match(rest, '^(.*)|(%d+)$')
  local till = (group ~= '' and by == mark(group)) and tonumber(others) or longest
  return till, by, tonumber(others), longest
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
