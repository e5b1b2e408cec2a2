-- ARGV: 2 flag, 3… tallies to forget. Answers 1, or 0 when the flag was not up.
for i = 3, #ARGV do redis.call('DEL', log_at('tally', ARGV[i])) end
return redis.call('HDEL', L .. 'flags', ARGV[2])
