-- ARGV: 2 id, 3 JSON up to the `at` that is added here. Answers the JSON, or false for too many.
if redis.call('HLEN', P .. 'pauses') >= PAUSES and redis.call('HEXISTS', P .. 'pauses', ARGV[2]) == 0 then return false end
local json = ARGV[3] .. ',"at":' .. NOW .. '}'
redis.call('HSET', P .. 'pauses', ARGV[2], json)
write_journal('{"type":"paused","data":' .. json .. '}', '')
return json
