-- ARGV: 2 rule, 3 subject. The open incident they have, or false.
local id = redis.call('HGET', P .. 'open', ARGV[2] .. '\n' .. ARGV[3])
return id and read_incident(id) or false
