-- ARGV: 2 run, 3 kind, 4 JSON, 5 who cancels (where the kind is that). Answers 1, 0 for no such live run, -1 for too many.
local id, key = ARGV[2], run_key(ARGV[2])
if redis.call('EXISTS', key) == 0 or redis.call('ZSCORE', P .. 'runs:ended', id) then return 0 end
if ARGV[3] == 'members' then
  signal_members(id)
  return 1
end
if redis.call('LLEN', key .. ':signals') >= SIGNALS then return -1 end
redis.call('RPUSH', key .. ':signals', ARGV[4])
if ARGV[3] == 'cancel' then redis.call('HSET', key, 'cancel', ARGV[5]) end
make_due(id)
return 1
