-- ARGV: 2 incident, 3 who and 4 why, as JSON. From now on people may be called about it again.
local key = incident_key(ARGV[2])
local rule = redis.call('HGET', key, 'rule')
if not rule then return 0 end
redis.call('HSET', key, 'acknowledgedAt', NOW)
acknowledge_calls(ARGV[2], 'acknowledged by ' .. cjson.decode(ARGV[3]))
write_journal(incident_entry('person-acted', ARGV[2], rule, '"kind":"acknowledge","by":' .. ARGV[3] .. ',"reason":' .. ARGV[4]), '')
return 1
