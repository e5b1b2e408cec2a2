-- ARGV: 2 id, 3 who, as JSON.
if redis.call('HDEL', P .. 'pauses', ARGV[2]) == 0 then return 0 end
write_journal('{"type":"resumed","data":{"id":' .. cjson.encode(ARGV[2]) .. ',"by":' .. ARGV[3] .. '}}', '')
return 1
