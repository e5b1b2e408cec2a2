-- ARGV: 2 from, 3 to, then for each notice stream, key, JSON. Answers 1, or 0 where the mark is elsewhere.
if redis.call('GET', P .. 'notices:upto') ~= ARGV[2] then return 0 end
redis.call('SET', P .. 'notices:upto', ARGV[3])
redis.call('ZREMRANGEBYSCORE', P .. 'notices:known', '-inf', text(now - NOTICE_LIFE))
for i = 4, #ARGV, 3 do
  local stream = ARGV[i]
  if redis.call('ZADD', P .. 'notices:known', 'NX', NOW, stream .. ' ' .. ARGV[i + 1]) == 1 then
    redis.call('RPUSH', notice_key(stream), ARGV[i + 2])
    redis.call('ZADD', P .. 'notices:due', 'NX', NOW, stream)
  end
end
return 1
