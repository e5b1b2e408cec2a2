-- ARGV: 2… key and length of each cooldown.
for i = 2, #ARGV, 2 do
  local key, till = L .. 'cooldown:' .. ARGV[i], now + tonumber(ARGV[i + 1])
  if till > tonumber(redis.call('GET', key) or '0') and till > now then
    redis.call('SET', key, text(till))
    expire(key, tonumber(ARGV[i + 1]))
  end
end
return 1
