-- ARGV: 2… key, length and group (or '') of each cooldown.
for i = 2, #ARGV, 3 do
  local key, till, group = ARGV[i], now + tonumber(ARGV[i + 1]), ARGV[i + 2]
  group = group == '' and '' or mark(group)
  local _, by, others, longest = cooled_till(key, '')
  if till > now then
    if group ~= by and till > longest then
      longest, by, others = till, group, longest
    elseif group == by then
      longest = math.max(longest, till)
    else
      others = math.max(others, till)
    end
    write_record('cooldown', key, longest, by .. '|' .. text(others))
  end
end
return 1
