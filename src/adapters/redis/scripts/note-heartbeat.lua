-- ARGV: 2 source, 3 when it was heard.
local known = tonumber(redis.call('HGET', P .. 'heartbeats', ARGV[2]) or '0')
redis.call('HSET', P .. 'heartbeats', ARGV[2], text(math.max(known, math.min(tonumber(ARGV[3]), now))))
return 1
