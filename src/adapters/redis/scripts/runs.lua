-- A run: hash run:<id> {doc, seq, phase, version, fence, lease, urgency, incident, rule, subject, created, cancel},
-- list run:<id>:signals, list run:<id>:journal; indexed by creation in runs, runs:phase:*, runs:rule:*, runs:subject:*.
local function run_key(id)
  return P .. 'run:' .. id
end

local function holds_lease(lease)
  return (tonumber(lease or '0') or 0) > now
end

-- A leased run is due when its lease is over: until then its worker reads its signals.
local function make_due(id)
  local lease = redis.call('HGET', run_key(id), 'lease')
  redis.call('ZADD', P .. 'wake', holds_lease(lease) and lease or NOW, id)
end

local function remove_run(id)
  local found = redis.call('HMGET', run_key(id), 'phase', 'rule', 'subject')
  redis.call('DEL', run_key(id), run_key(id) .. ':signals', run_key(id) .. ':journal')
  redis.call('ZREM', P .. 'runs', id)
  redis.call('ZREM', P .. 'runs:ended', id)
  redis.call('ZREM', P .. 'wake', id)
  if found[1] then
    redis.call('ZREM', P .. 'runs:phase:' .. found[1], id)
    redis.call('ZREM', P .. 'runs:rule:' .. found[2], id)
    redis.call('ZREM', P .. 'runs:subject:' .. found[3], id)
  end
end

-- Tells a live run that its members changed; one such signal waits at a time.
local function signal_members(id)
  local key = run_key(id)
  local phase = redis.call('HGET', key, 'phase')
  if not phase or redis.call('ZSCORE', P .. 'runs:ended', id) then return end
  local last = redis.call('LINDEX', key .. ':signals', -1)
  if not last or not string.find(last, '"kind":"members"', 1, true) then
    redis.call('RPUSH', key .. ':signals', '{"kind":"members","at":' .. NOW .. '}')
  end
  make_due(id)
end
