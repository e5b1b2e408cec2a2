-- ARGV: 2 id, 3 JSON, 4 for how long. Answers JSON and end of each that is there.
redis.call('HSET', P .. 'replicas', ARGV[2], ARGV[3])
redis.call('ZADD', P .. 'replicas:until', text(now + tonumber(ARGV[4])), ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'replicas:until', '-inf', NOW)) do
  redis.call('HDEL', P .. 'replicas', id)
  redis.call('ZREM', P .. 'replicas:until', id)
end
local answers = {}
local ends = redis.call('ZRANGE', P .. 'replicas:until', 0, -1, 'WITHSCORES')
for i = 1, #ends, 2 do answers[#answers + 1] = { redis.call('HGET', P .. 'replicas', ends[i]), tonumber(ends[i + 1]) } end
return answers
