-- ARGV: 2 index, 3 how many to skip, 4 state or '', 5 limit. Newest first. Answers {incidents, how many were looked at}.
local listed = redis.call('ZREVRANGE', P .. ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[3]) + LIST_SCAN - 1)
local found = {}
for i, id in ipairs(listed) do
  if ARGV[4] == '' or redis.call('HGET', incident_key(id), 'state') == ARGV[4] then
    found[#found + 1] = read_incident(id)
    if #found == tonumber(ARGV[5]) then return { found, i } end
  end
end
return { found, #listed }
