-- ARGV: 2 'acquire' or 'peek', 3 run, 4 fence, then claims as kind, key and four more: cooldown group or ''; rate count, window, effect
-- or ''; attempts max; lock lease; slot max, lease; tally count, window; flag; spread count, window, what, '1' if it grows;
-- storm. Answers {'granted', time, 1 if it is the run's first grant} or
-- {'refused', time, number of the claim, why, until or '', holder or '', since or ''}.
local is_acquire, run, fence = ARGV[2] == 'acquire', ARGV[3], tonumber(ARGV[4])
local run_key = L .. 'run:' .. run
local newest = tonumber(redis.call('HGET', run_key, 'fence') or '')
local pending = {}

-- What the run has been charged for, also by this request, by marks; `charges` are those not yet written.
local marks, charges = {}, {}

local function is_charged(charge)
  if marks[charge] == nil then
    local name = mark(charge)
    marks[charge] = { name = name, isTaken = newest ~= nil and redis.call('HEXISTS', run_key, name) == 1 }
  end
  return marks[charge].isTaken
end

-- False when the run has been charged for it already.
local function charge_for(charge)
  if is_charged(charge) then return false end
  marks[charge].isTaken = true
  charges[#charges + 1] = marks[charge].name
  charges[#charges + 1] = '1'
  return true
end

local function refuse(number, why, till, holder, since)
  return { 'refused', now, number, why, till and text(till) or '', holder or '', since and text(since) or '' }
end

-- When there will be `surplus` fewer of a sorted set within the window.
local function leaves_at(key, window, surplus)
  local last = redis.call('ZRANGEBYSCORE', key, text(now - window), '+inf', 'WITHSCORES', 'LIMIT', surplus - 1, 1)
  return tonumber(last[2]) + window + 1
end

-- What a rate counts: each effect, or each run once.
local function charge_of(place)
  local effect = ARGV[place + 4]
  return effect == '' and run or mark(run .. ' ' .. effect)
end

local function rate_key(place)
  return ARGV[place + 1] .. ':' .. ARGV[place + 3]
end

local function check_rate(place, number)
  local key, count, window = rate_key(place), tonumber(ARGV[place + 2]), tonumber(ARGV[place + 3])
  local charge = charge_of(place)
  if is_charged('rate:' .. key .. ' ' .. charge) then return nil end
  local mine = pending[key] or { count = 0, has = {} }
  pending[key] = mine
  if not mine.has[charge] then
    mine.has[charge] = true
    mine.count = mine.count + 1
  end
  local taken = count_within(log_at('rate', key), window)
  local surplus = taken + mine.count - count
  if surplus <= 0 then return nil end
  if surplus > taken then return refuse(number, 'rate') end
  return refuse(number, 'rate', leaves_at(log_at('rate', key), window, surplus))
end

local function check_slot(place, number)
  local slot = L .. 'slot:' .. ARGV[place + 1]
  local mine = tonumber(redis.call('ZSCORE', slot, run) or '0')
  if mine > now then return nil end
  if redis.call('ZCOUNT', slot, '(' .. NOW, '+inf') < tonumber(ARGV[place + 2]) then return nil end
  local holders = redis.call('ZRANGEBYSCORE', slot, '(' .. NOW, '+inf', 'LIMIT', 0, NAMED_HOLDERS)
  return refuse(number, 'slot', nil, #holders == 0 and '[]' or cjson.encode(holders))
end

local function check_tally(place, number)
  local tally, count, window = log_at('tally', ARGV[place + 1]), tonumber(ARGV[place + 2]), tonumber(ARGV[place + 3])
  local found = count_within(tally, window)
  if found < count then return nil end
  if count == 0 then return refuse(number, 'tally') end
  local newest = redis.call('ZREVRANGEBYSCORE', tally, '+inf', text(now - window), 'LIMIT', 0, 5)
  return refuse(number, 'tally', leaves_at(tally, window, found - count + 1), table.concat(newest, ', '))
end

local function is_under_way(key, what, window)
  local charged = tonumber(redis.call('ZSCORE', log_at('spread', key), what) or '-1')
  return charged >= now - window and charged > tonumber(redis.call('ZSCORE', log_at('ended', key), what) or '-1')
end

-- How many are under way that others began, and that this run did.
local function count_under_way(key, window)
  local others, own = 0, 0
  for _, what in ipairs(redis.call('ZRANGEBYSCORE', log_at('spread', key), text(now - window), '+inf')) do
    if is_under_way(key, what, window) then
      if is_charged('spread:' .. key .. ' ' .. what) then own = own + 1 else others = others + 1 end
    end
  end
  return others, own
end

local function check_spread(place, number)
  local key, count, window, what = ARGV[place + 1], tonumber(ARGV[place + 2]), tonumber(ARGV[place + 3]), ARGV[place + 4]
  if is_charged('spread:' .. key .. ' ' .. what) then return nil end
  local mine = pending['spread:' .. key] or { new = 0, begun = 0, has = {} }
  pending['spread:' .. key] = mine
  if mine.has[what] then return nil end
  mine.has[what] = true
  local charged = tonumber(redis.call('ZSCORE', log_at('spread', key), what) or '-1')
  if charged < now - window then mine.new = mine.new + 1 end
  local is_begun = not is_under_way(key, what, window)
  if is_begun then mine.begun = mine.begun + 1 end
  local taken = count_within(log_at('spread', key), window)
  local surplus = taken + mine.new - count
  if surplus > 0 then
    if surplus > taken then return refuse(number, 'spread') end
    return refuse(number, 'spread', leaves_at(log_at('spread', key), window, surplus))
  end
  if ARGV[place + 5] ~= '1' or not is_begun then return nil end
  local others, own = count_under_way(key, window)
  if others == 0 or own > 0 then return nil end
  if others + mine.begun <= count_within(log_at('tally', key .. '/good'), window) + 1 then return nil end
  return refuse(number, 'growth')
end

-- Twelve digits tell the runs of one incident apart.
local attempt = ' ' .. string.sub(mark(run), 1, 12)

local function has_attempted(runs)
  return string.find(runs or '', attempt, 1, true) ~= nil
end

local function check_attempts(place, number)
  local _, runs = read_record('attempts', ARGV[place + 1])
  if has_attempted(runs) then return nil end
  if select(2, string.gsub(runs or '', ' ', '')) < tonumber(ARGV[place + 2]) then return nil end
  return refuse(number, 'attempts')
end

local function check(place, number)
  local kind, key = ARGV[place], ARGV[place + 1]
  if kind == 'rate' then return check_rate(place, number) end
  if kind == 'attempts' then return check_attempts(place, number) end
  if kind == 'cooldown' then
    local till = cooled_till(key, ARGV[place + 2])
    if till > now then return refuse(number, 'cooldown', till) end
    return nil
  end
  if kind == 'slot' then return check_slot(place, number) end
  if kind == 'tally' then return check_tally(place, number) end
  if kind == 'spread' then return check_spread(place, number) end
  if kind == 'flag' then
    local found = redis.call('HGET', L .. 'flags', key)
    if not found then return nil end
    local flag = cjson.decode(found)
    return refuse(number, 'flag', nil, flag.reason, flag.since)
  end
  if kind == 'storm' then
    local since, till = storm_of(key)
    return since and refuse(number, 'storm', till, nil, since)
  end
  local holder, till = holder_of(key)
  if holder and holder ~= run then return refuse(number, till and 'lock' or 'quarantine', till, holder) end
  return nil
end

local function take(place)
  local kind, key = ARGV[place], ARGV[place + 1]
  if kind == 'rate' then
    local log, window = log_at('rate', rate_key(place)), tonumber(ARGV[place + 3])
    local charge = charge_of(place)
    if not charge_for('rate:' .. rate_key(place) .. ' ' .. charge) then return end
    redis.call('ZREMRANGEBYSCORE', log, '-inf', '(' .. text(now - window))
    -- A run that is charged anew long after its end counts again, not in place of the first time.
    if redis.call('ZADD', log, 'NX', NOW, charge) == 0 then redis.call('ZADD', log, NOW, charge .. ' ' .. NOW) end
    expire(log, window)
  elseif kind == 'attempts' then
    local _, runs = read_record('attempts', key)
    write_record('attempts', key, now + INCIDENT_LIFE, has_attempted(runs) and runs or (runs or '') .. attempt)
  elseif kind == 'lock' then
    local holder, till = holder_of(key)
    local is_kept = holder and (till == nil or till > now + tonumber(ARGV[place + 2]))
    if not is_kept then hold(key, run, tonumber(ARGV[place + 2])) end
  elseif kind == 'slot' then
    local slot, lease = L .. 'slot:' .. key, tonumber(ARGV[place + 3])
    redis.call('ZREMRANGEBYSCORE', slot, '-inf', NOW)
    if tonumber(redis.call('ZSCORE', slot, run) or '0') < now + lease then redis.call('ZADD', slot, text(now + lease), run) end
    redis.call('SADD', L .. 'held:' .. run, key)
    keep(slot, lease)
    keep(L .. 'held:' .. run, lease)
  elseif kind == 'spread' then
    local spread, window, what = log_at('spread', key), tonumber(ARGV[place + 3]), ARGV[place + 4]
    if not charge_for('spread:' .. key .. ' ' .. what) then return end
    redis.call('ZREMRANGEBYSCORE', spread, '-inf', '(' .. text(now - window))
    redis.call('ZREMRANGEBYSCORE', log_at('ended', key), '-inf', '(' .. text(now - window))
    redis.call('ZADD', spread, NOW, what)
    redis.call('ZREM', log_at('ended', key), what)
    keep(spread, window)
  end
end

if is_acquire and #ARGV > 4 and (read_record('over', run) or 0) > now then return refuse(1, 'ended', nil, run) end
if is_acquire and newest and fence < newest and #ARGV > 4 then return refuse(1, 'fence', nil, text(newest)) end
local number = 0
for place = 5, #ARGV, 6 do
  number = number + 1
  local refusal = check(place, number)
  if refusal then return refusal end
end
if is_acquire then
  for place = 5, #ARGV, 6 do take(place) end
  redis.call('HSET', run_key, 'fence', text(math.max(fence, newest or 0)), unpack(charges))
  expire(run_key, INCIDENT_LIFE)
end
return { 'granted', now, newest and 0 or 1 }
