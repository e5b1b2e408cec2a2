-- ARGV: 2 run, 3 fence, 4 rule, 5 source, 6 '1' for a run that does nothing once its incident is over, 7 number of namespaces,
-- then they, then the targets.
local found = redis.call('HMGET', run_key(ARGV[2]), 'fence', 'lease', 'cancel', 'incident')
if not found[1] then return { 'missing', '', 0, now } end
if found[1] ~= ARGV[3] then return { 'fence', found[1], 0, now } end
if not holds_lease(found[2]) then return { 'lease', '', 0, now } end
local left = tonumber(found[2]) - now
if found[3] then return { 'cancelled', found[3], left, now } end
if ARGV[6] == '1' and redis.call('HGET', incident_key(found[4]), 'firing') == '0' then return { 'resolved', '', left, now } end

local is_about = { ['rule ' .. ARGV[4]] = true, ['source ' .. ARGV[5]] = true }
local behind = 7 + tonumber(ARGV[7])
for i = 8, behind do is_about['namespace ' .. ARGV[i]] = true end
for i = behind + 1, #ARGV do is_about['target ' .. ARGV[i]] = true end
for _, json in ipairs(redis.call('HVALS', P .. 'pauses')) do
  local pause = cjson.decode(json)
  local is_over = pause['until'] and pause['until'] <= now
  if not is_over and (pause.scope.kind == 'global' or is_about[pause.scope.kind .. ' ' .. (pause.scope.name or '')]) then
    return { 'paused', json, left, now }
  end
end
return { 'go', '', left, now }
