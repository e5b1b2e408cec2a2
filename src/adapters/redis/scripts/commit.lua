-- ARGV: 2 run, 3 fence, 4 phase, 5 '1' if terminal, 6 phases it may come from as ',a,b,', 7 JSON, 8 version, 9 signals taken,
-- 10 '1' to release, 11 wake at or '', 12 incident wake at or '', 13… entries (see journal.lua), then the number of calls to
-- people, and the JSON of each, then runs to create (see new-runs.lua). Answers {1, time, sequence}, {0} for stale, or {2, phase stored} for illegal.
local id, key, phase = ARGV[2], run_key(ARGV[2]), ARGV[4]
local found = redis.call('HMGET', key, 'fence', 'lease', 'phase', 'seq', 'incident', 'created')
if found[1] ~= ARGV[3] or not holds_lease(found[2]) then return { 0 } end
if not string.find(ARGV[6], ',' .. found[3] .. ',', 1, true) then return { 2, found[3] } end
local sequence = tonumber(found[4]) + 1
redis.call('HSET', key, 'doc', ARGV[7], 'version', ARGV[8], 'phase', phase, 'seq', sequence)
if phase ~= found[3] then
  redis.call('ZREM', P .. 'runs:phase:' .. found[3], id)
  redis.call('ZADD', P .. 'runs:phase:' .. phase, found[6], id)
end
if ARGV[9] ~= '0' then redis.call('LTRIM', key .. ':signals', tonumber(ARGV[9]), -1) end
local place = write_entries(13)

local incident = incident_key(found[5])
local behind = place + 1 + tonumber(ARGV[place])
for i = place + 1, behind - 1 do open_call(id .. '-' .. text(sequence) .. '-' .. text(i - place), ARGV[i]) end

if ARGV[5] == '1' then
  redis.call('HSET', key, 'lease', 0)
  redis.call('ZREM', P .. 'wake', id)
  redis.call('ZADD', P .. 'runs:ended', NOW, id)
  redis.call('DEL', key .. ':signals')
  if redis.call('HGET', incident, 'run') == id then
    redis.call('HDEL', incident, 'run')
    redis.call('HSET', incident, 'lastRun', id .. ' ' .. phase .. ' ' .. NOW)
    if phase == 'succeeded' then succeed_call(found[5], id) end
  end
  local surplus = redis.call('ZCARD', P .. 'runs:ended') - RUNS
  if surplus > 0 then
    for _, old in ipairs(redis.call('ZRANGE', P .. 'runs:ended', 0, math.min(surplus, 10) - 1)) do remove_run(old) end
  end
elseif ARGV[10] == '1' then
  redis.call('HSET', key, 'lease', 0)
  -- What was asked for since the worker last looked must not wait for the wake-up it planned.
  local has_signals = redis.call('EXISTS', key .. ':signals') == 1
  redis.call('ZADD', P .. 'wake', (has_signals or ARGV[11] == '') and NOW or ARGV[11], id)
end
if ARGV[12] ~= '' and redis.call('HGET', incident, 'state') == 'open' then
  redis.call('ZADD', P .. 'incwake', ARGV[12], found[5])
end
create_runs(behind)
return { 1, now, sequence }
