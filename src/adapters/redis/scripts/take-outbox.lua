-- ARGV: 2 limit, 3 how long those taken are hidden. Answers id, JSON, tries of each.
local answers = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'outbox:due', '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[2]))) do
  redis.call('ZADD', P .. 'outbox:due', text(now + tonumber(ARGV[3])), id)
  local tries = redis.call('HINCRBY', P .. 'outbox:tries', id, 1)
  answers[#answers + 1] = { id, redis.call('HGET', P .. 'outbox', id), tries }
end
return answers
