-- ARGV: 2 run. Answers {doc, seq, signals} or false.
local found = redis.call('HMGET', run_key(ARGV[2]), 'doc', 'seq')
if not found[1] then return false end
return { found[1], tonumber(found[2]), redis.call('LRANGE', run_key(ARGV[2]) .. ':signals', 0, -1) }
