-- ARGV: 2 key, 3 id, 4 due at, or '' where it is over, 5 tries, 6 taken, 7 why it was handled, as the deliverer knew, or '',
-- 8… entries (see journal.lua).
local key, call = ARGV[2], call_key(ARGV[2])
local found = redis.call('HMGET', call, 'id', 'handled')
if found[1] ~= ARGV[3] then return 0 end
write_entries(8)
if ARGV[4] == '' then
  redis.call('DEL', call)
  redis.call('ZREM', P .. 'calls:due', key)
else
  redis.call('HSET', call, 'tries', ARGV[5], 'taken', ARGV[6])
  local is_news = found[2] and ARGV[7] == ''
  redis.call('ZADD', P .. 'calls:due', is_news and NOW or ARGV[4], key)
end
return 1
