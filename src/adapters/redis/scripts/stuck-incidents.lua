-- ARGV: 2 before. Answers the ids, oldest first.
local before, stuck = tonumber(ARGV[2]), {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'incs:open', '-inf', ARGV[2])) do
  local found = redis.call('HMGET', incident_key(id), 'escalatedAt', 'acknowledgedAt', 'run', 'lastRun', 'firing')
  local called, seen = tonumber(found[1] or '-1'), tonumber(found[2] or '-1')
  local is_called = called >= 0 and seen < called
  if not is_called and seen <= before and tonumber(found[5] or '0') > 0 then
    local is_stuck
    if found[3] then
      is_stuck = redis.call('HGET', run_key(found[3]), 'phase') == 'waiting'
    else
      is_stuck = found[4] and (string.find(found[4], ' denied ', 1, true) or string.find(found[4], ' expired ', 1, true))
    end
    if is_stuck then stuck[#stuck + 1] = id end
  end
end
return stuck
