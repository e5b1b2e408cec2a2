-- ARGV: 2 incident, 3 when, or '' for no more.
if ARGV[3] == '' then
  redis.call('ZREM', P .. 'incwake', ARGV[2])
elseif redis.call('HGET', incident_key(ARGV[2]), 'state') == 'open' then
  redis.call('ZADD', P .. 'incwake', ARGV[3], ARGV[2])
end
return 1
