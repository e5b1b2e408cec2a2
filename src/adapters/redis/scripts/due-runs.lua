-- ARGV: 2 limit. Those answered come again a little later unless someone claims them, and let others come first meanwhile.
local answers = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'wake', '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[2]))) do
  local found = redis.call('HMGET', run_key(id), 'lease', 'seq', 'urgency', 'fence')
  if not found[2] then
    redis.call('ZREM', P .. 'wake', id)
  elseif holds_lease(found[1]) then
    redis.call('ZADD', P .. 'wake', found[1], id)
  else
    redis.call('ZADD', P .. 'wake', text(now + REDISPATCH), id)
    answers[#answers + 1] = { id, tonumber(found[2]), found[3], tonumber(found[4]) }
  end
end
return answers
