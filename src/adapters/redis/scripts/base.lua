-- Every script: KEYS[1] is <prefix>time, ARGV[1] a time given by a test, else ''.
-- Time is Redis's own, made monotone: it is stored and never goes back. What only reads does not store it: it may hear a
-- later time than a writer behind it if the clock is set back between the two.
local P = string.sub(KEYS[1], 1, -5)

local function text(number)
  return string.format('%.0f', number)
end

local function tell_time()
  local now
  if ARGV[1] ~= '' then
    now = tonumber(ARGV[1])
  else
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  local last = tonumber(redis.call('GET', KEYS[1]) or '0')
  if now <= last then return last end
  if not READS then redis.call('SET', KEYS[1], text(now)) end
  return now
end

local now = tell_time()
local NOW = text(now)
