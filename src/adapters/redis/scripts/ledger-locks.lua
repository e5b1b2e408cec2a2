-- ARGV: 2 'extend', 'release', 'settle' or 'quarantine', 3 run, 4 lease, or how long the end is remembered, 5… locks. Answers 1, or 0 when a lock, or slot, is not the run's.
local order, run, all = ARGV[2], ARGV[3], 1
for i = 5, #ARGV do
  local holder, till = holder_of(ARGV[i])
  local lock = L .. 'lock:' .. ARGV[i]
  if order == 'quarantine' then
    if not holder or holder == run then
      redis.call('HSET', lock, 'run', run, 'until', 'ever')
      redis.call('PERSIST', lock)
    else
      all = 0
    end
  elseif holder ~= run then
    all = 0
  elseif order == 'release' or order == 'settle' then
    redis.call('DEL', lock)
  elseif till and till < now + tonumber(ARGV[4]) then
    hold(ARGV[i], run, tonumber(ARGV[4]))
  end
end
if order == 'settle' then
  redis.call('DEL', L .. 'run:' .. run)
  local till = now + tonumber(ARGV[4])
  if till > math.max(now, read_record('over', run) or 0) then write_record('over', run, till, '') end
end
if order ~= 'extend' then
  give_back_slots(run)
  return all
end
for _, key in ipairs(redis.call('SMEMBERS', L .. 'held:' .. run)) do
  local slot, lease = L .. 'slot:' .. key, tonumber(ARGV[4])
  local till = tonumber(redis.call('ZSCORE', slot, run) or '0')
  if till <= now then
    all = 0
  elseif till < now + lease then
    redis.call('ZADD', slot, text(now + lease), run)
    keep(slot, lease)
    keep(L .. 'held:' .. run, lease)
  end
end
return all
