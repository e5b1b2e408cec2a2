-- ARGV: 2… key, length and group (or '') of each cooldown.
for i = 2, #ARGV, 3 do
  local key, till, group = ARGV[i], now + tonumber(ARGV[i + 1]), ARGV[i + 2]
  local _, by, others, longest = cooled_till(key, '')
  longest = longest or 0
  if till > now then
    if group ~= by and till > longest then
      longest, by, others = till, group, longest
    elseif group == by then
      longest = math.max(longest, till)
    else
      others = math.max(others, till)
    end
    local last = math.max(longest, others)
    redis.call('SET', L .. 'cooldown:' .. key, text(longest) .. '|' .. by .. '|' .. text(others))
    expire(L .. 'cooldown:' .. key, last - now)
  end
end
return 1
