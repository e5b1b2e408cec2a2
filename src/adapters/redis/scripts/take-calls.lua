-- ARGV: 2 limit, 3 how long those taken are hidden. Answers the time, and id, JSON, raised at, tries, taken, handled or '' of each.
local calls = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', P .. 'calls:due', '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[2]))) do
  local found = redis.call('HMGET', call_key(key), 'id', 'doc', 'at', 'tries', 'taken', 'handled')
  if found[1] then
    -- Raised when its incident was closed already: it is made, and then no longer needed.
    local incident = string.match(key, '^incident/(.+)$')
    if incident and not found[6] and found[5] ~= '[]' and redis.call('HGET', incident_key(incident), 'state') == 'closed' then
      found[4], found[6] = 0, 'the incident is closed'
      end_call(key, found[6])
    end
    redis.call('ZADD', P .. 'calls:due', text(now + tonumber(ARGV[3])), key)
    found[6] = found[6] or ''
    calls[#calls + 1] = found
  else
    redis.call('ZREM', P .. 'calls:due', key)
  end
end
return { now, calls }
