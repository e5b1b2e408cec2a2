-- ARGV: 2 limit, 3 how long those taken are hidden. Answers stream, JSON, tries of each.
local answers = {}
for _, stream in ipairs(redis.call('ZRANGEBYSCORE', P .. 'notices:due', '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[2]))) do
  redis.call('ZADD', P .. 'notices:due', text(now + tonumber(ARGV[3])), stream)
  local tries = redis.call('HINCRBY', P .. 'notices:tries', stream, 1)
  answers[#answers + 1] = { stream, redis.call('LINDEX', notice_key(stream), 0), tries }
end
return answers
