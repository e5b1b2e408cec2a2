-- ARGV: 2 limit.
local due = redis.call('ZRANGEBYSCORE', P .. 'closing', '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[2]))
for _, id in ipairs(due) do close_incident(id, 'all members resolved') end
return due
