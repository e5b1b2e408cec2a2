-- ARGV: 2 limit, 3 how long they are hidden, or '' to take the wake-up off.
local due = redis.call('ZRANGEBYSCORE', P .. 'incwake', '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[2]))
for _, id in ipairs(due) do
  if ARGV[3] == '' then
    redis.call('ZREM', P .. 'incwake', id)
  else
    redis.call('ZADD', P .. 'incwake', text(now + tonumber(ARGV[3])), id)
  end
end
return due
