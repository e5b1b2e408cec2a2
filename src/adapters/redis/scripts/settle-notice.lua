-- ARGV: 2 stream, 3 key, 4 when to try again, or '' where it is done, 5… entries (see journal.lua).
local stream = ARGV[2]
local first = redis.call('LINDEX', notice_key(stream), 0)
if not first or cjson.decode(first).key ~= ARGV[3] then return 0 end
write_entries(5)
if ARGV[4] ~= '' then
  redis.call('ZADD', P .. 'notices:due', ARGV[4], stream)
  return 1
end
redis.call('LPOP', notice_key(stream))
redis.call('HDEL', P .. 'notices:tries', stream)
if redis.call('EXISTS', notice_key(stream)) == 1 then
  redis.call('ZADD', P .. 'notices:due', NOW, stream)
else
  redis.call('ZREM', P .. 'notices:due', stream)
end
return 1
