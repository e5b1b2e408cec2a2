-- ARGV: notes as kind, key, count, window, two more, number of names, names: tally flag reason or '', flag; ended '1' if good;
-- sighting quiet.
local function add(log, what, window, most)
  redis.call('ZADD', log, NOW, what)
  redis.call('ZREMRANGEBYRANK', log, 0, -1 - most)
  if redis.call('EXISTS', log) == 1 then keep(log, window) end
end

local place = 2
while place <= #ARGV do
  local kind, key, count, window = ARGV[place], ARGV[place + 1], tonumber(ARGV[place + 2]), tonumber(ARGV[place + 3])
  local extra, names = ARGV[place + 4], tonumber(ARGV[place + 6])
  local first = place + 7
  if kind == 'tally' then
    local tally = log_at('tally', key)
    add(tally, ARGV[first], window, count)
    if extra ~= '' and count_within(tally, window) >= count then
      redis.call('HSETNX', L .. 'flags', ARGV[place + 5], cjson.encode({ reason = extra, since = now }))
    end
  elseif kind == 'ended' then
    if redis.call('ZSCORE', log_at('spread', key), ARGV[first]) then
      redis.call('ZADD', log_at('ended', key), NOW, ARGV[first])
      keep(log_at('ended', key), window)
    end
    if extra == '1' then add(log_at('tally', key .. '/good'), ARGV[first], window, count) end
  elseif kind == 'spoilt' then
    redis.call('ZREM', log_at('tally', key .. '/good'), ARGV[first])
  else
    local seen = log_at('seen', key)
    redis.call('ZREMRANGEBYSCORE', seen, '-inf', '(' .. text(now - window))
    for i = first, first + names - 1 do redis.call('ZADD', seen, NOW, ARGV[i]) end
    if names > 0 then
      redis.call('ZREMRANGEBYRANK', seen, 0, -2 - count)
      keep(seen, window)
      if count_within(seen, window) > count then
        local since = storm_of(key) or now
        redis.call('HSET', L .. 'storms', key, text(since) .. ' ' .. text(now + tonumber(extra)))
        keep(L .. 'storms', tonumber(extra))
      end
    end
  end
  place = first + names
end
return 1
