-- ARGV: 2 index, 3 newest time wanted, 4 the id behind which to go on at that time or '', 5 oldest time wanted, 6 limit, and
-- 7 phase, 8 rule, 9 subject or ''. Newest first. Answers {docs, time and id to go on behind, '1' if there may be more}.
local function is_before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local key, newest, behind, limit = P .. ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[6])
local start = redis.call('ZCOUNT', key, '(' .. newest, '+inf')
local listed = redis.call('ZREVRANGE', key, start, start + LIST_SCAN - 1, 'WITHSCORES')
local docs = {}
for i = 1, #listed, 2 do
  local id, created = listed[i], listed[i + 1]
  if tonumber(created) < tonumber(ARGV[5]) then return { docs, newest, behind, '0' } end
  if behind == '' or created ~= newest or is_before(id, behind) then
    newest, behind = created, id
    local found = redis.call('HMGET', run_key(id), 'doc', 'phase', 'rule', 'subject')
    if found[1] and (ARGV[7] == '' or found[2] == ARGV[7]) and (ARGV[8] == '' or found[3] == ARGV[8])
      and (ARGV[9] == '' or found[4] == ARGV[9]) then
      docs[#docs + 1] = found[1]
      if #docs == limit then return { docs, newest, behind, '1' } end
    end
  end
end
return { docs, newest, behind, #listed == 2 * LIST_SCAN and '1' or '0' }
