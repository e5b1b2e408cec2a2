-- ARGV: 2 flag. Answers 1, or 0 when it was not up.
redis.call('DEL', L .. 'tally:' .. ARGV[2])
return redis.call('HDEL', L .. 'flags', ARGV[2])
