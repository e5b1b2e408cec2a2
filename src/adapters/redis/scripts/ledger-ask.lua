-- ARGV: 2 'acquire' or 'peek', 3 run, 4 fence, then claims as kind, key and three more: cooldown group or ''; rate count, window, effect
-- or ''; attempts max; lock lease. Answers {'granted', time, 1 if it is the run's first grant} or
-- {'refused', time, number of the claim, why, until or '', holder or ''}.
local is_acquire, run, fence = ARGV[2] == 'acquire', ARGV[3], tonumber(ARGV[4])
local run_key = L .. 'run:' .. run
local pending = {}

local function refuse(number, why, till, holder)
  return { 'refused', now, number, why, till and text(till) or '', holder or '' }
end

-- What a rate counts: each effect, or each run once.
local function charge_of(place)
  local effect = ARGV[place + 4]
  return effect == '' and run or run .. ' ' .. effect
end

local function rate_key(place)
  return ARGV[place + 1] .. ':' .. ARGV[place + 3]
end

local function check_rate(place, number)
  local key, count, window = rate_key(place), tonumber(ARGV[place + 2]), tonumber(ARGV[place + 3])
  local charge = charge_of(place)
  if redis.call('HEXISTS', run_key, 'rate:' .. key .. ' ' .. charge) == 1 then return nil end
  local mine = pending[key] or { count = 0, has = {} }
  pending[key] = mine
  if not mine.has[charge] then
    mine.has[charge] = true
    mine.count = mine.count + 1
  end
  local taken = redis.call('ZCOUNT', L .. 'rate:' .. key, text(now - window), '+inf')
  local surplus = taken + mine.count - count
  if surplus <= 0 then return nil end
  if surplus > taken then return refuse(number, 'rate') end
  local last = redis.call('ZRANGEBYSCORE', L .. 'rate:' .. key, text(now - window), '+inf', 'WITHSCORES', 'LIMIT', surplus - 1, 1)
  return refuse(number, 'rate', tonumber(last[2]) + window + 1)
end

local function check_attempts(place, number)
  local key = L .. 'attempts:' .. ARGV[place + 1]
  if redis.call('SISMEMBER', key, run) == 1 then return nil end
  if redis.call('SCARD', key) < tonumber(ARGV[place + 2]) then return nil end
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
  local holder, till = holder_of(key)
  if holder and holder ~= run then return refuse(number, till and 'lock' or 'quarantine', till, holder) end
  return nil
end

local function take(place)
  local kind, key = ARGV[place], ARGV[place + 1]
  if kind == 'rate' then
    local log, window = L .. 'rate:' .. rate_key(place), tonumber(ARGV[place + 3])
    local charge = charge_of(place)
    if redis.call('HSETNX', run_key, 'rate:' .. rate_key(place) .. ' ' .. charge, '1') == 0 then return end
    redis.call('ZREMRANGEBYSCORE', log, '-inf', '(' .. text(now - window))
    redis.call('ZADD', log, NOW, charge)
    expire(log, window)
  elseif kind == 'attempts' then
    redis.call('SADD', L .. 'attempts:' .. key, run)
    expire(L .. 'attempts:' .. key, INCIDENT_LIFE)
  elseif kind == 'lock' then
    local holder, till = holder_of(key)
    local is_kept = holder and (till == nil or till > now + tonumber(ARGV[place + 2]))
    if not is_kept then hold(key, run, tonumber(ARGV[place + 2])) end
  end
end

local newest = tonumber(redis.call('HGET', run_key, 'fence') or '')
if is_acquire and newest and fence < newest and #ARGV > 4 then return refuse(1, 'fence', nil, text(newest)) end
local number = 0
for place = 5, #ARGV, 5 do
  number = number + 1
  local refusal = check(place, number)
  if refusal then return refusal end
end
if is_acquire then
  for place = 5, #ARGV, 5 do take(place) end
  redis.call('HSET', run_key, 'fence', text(math.max(fence, newest or 0)))
  expire(run_key, INCIDENT_LIFE)
end
return { 'granted', now, newest and 0 or 1 }
