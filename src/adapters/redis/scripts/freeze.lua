-- ARGV: 2 key, 3 length, 4 JSON of a pause up to the `at` that is added here, 5 its id, 6 JSON of a message to people. Answers 0 when done before.
if not redis.call('SET', P .. 'frozen:' .. ARGV[2], NOW, 'NX', 'PX', RUN_AGE) then return 0 end
local json = ARGV[4] .. ',"at":' .. NOW .. ',"until":' .. text(now + tonumber(ARGV[3])) .. '}'
redis.call('HSET', P .. 'pauses', ARGV[5], json)
write_journal('{"type":"paused","data":' .. json .. '}', '')
open_call(ARGV[5], ARGV[6])
return 1
