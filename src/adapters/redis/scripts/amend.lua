-- ARGV: 2 run, 3 JSON, 4… entries. Answers 1, or 0 when the run is gone or has not ended.
if not redis.call('ZSCORE', P .. 'runs:ended', ARGV[2]) then return 0 end
redis.call('HSET', run_key(ARGV[2]), 'doc', ARGV[3])
write_entries(4)
return 1
