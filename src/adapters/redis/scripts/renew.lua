-- ARGV: 2 run, 3 fence, 4 length of the lease. Answers the pending signals, or false when the fence is stale.
local key = run_key(ARGV[2])
local found = redis.call('HMGET', key, 'fence', 'lease')
if found[1] ~= ARGV[3] or not holds_lease(found[2]) then return false end
local lease = text(math.max(tonumber(found[2]), now + tonumber(ARGV[4])))
redis.call('HSET', key, 'lease', lease)
redis.call('ZADD', P .. 'wake', lease, ARGV[2])
return redis.call('LRANGE', key .. ':signals', 0, -1)
