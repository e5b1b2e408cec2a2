-- One turn of a stream and its consumer group: KEYS[1] the stream; ARGV the group, whether it is emptied first, how many entries arrive,
-- how many a consumer holds at most, and then for each consumer how many it acknowledges at most. Answers what is pending, what nobody
-- has read, and how many entries were acknowledged. The counted stream (memory-stream.ts) does the same.
local stream, group = KEYS[1], ARGV[1]
local arrivals, most_in_flight = tonumber(ARGV[3]), tonumber(ARGV[4])
local count = #ARGV - 4
-- Acknowledged entries included: more than are ever unread.
local longest, batch = 250000, 1000

if ARGV[2] == '1' then redis.call('DEL', stream) end
redis.pcall('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
for entry = 1, arrivals do redis.call('XADD', stream, 'MAXLEN', '~', longest, '*', 'kind', 'message', 'tenant', 't' .. entry % 7) end

local function name_of(index) return 'consumer-' .. index end

local function ids_of(consumer, most)
  local ids = {}
  for _, entry in ipairs(redis.call('XPENDING', stream, group, '-', '+', most, consumer)) do ids[#ids + 1] = entry[1] end
  return ids
end

local function look()
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local fields = {}
    for at = 1, #info, 2 do fields[info[at]] = info[at + 1] end
    if fields['name'] == group then return fields['pending'], tonumber(fields['lag']) or 0 end
  end
end

local held = {}
for _, consumer in ipairs(redis.call('XPENDING', stream, group)[4] or {}) do held[consumer[1]] = tonumber(consumer[2]) end

-- The first consumer claims what those had that are no more.
local inherited = 0
for consumer, entries in pairs(held) do
  if count > 0 and tonumber(string.match(consumer, '%d+$')) > count then
    for _ = 1, math.ceil(entries / batch) do
      local ids = ids_of(consumer, batch)
      if #ids > 0 then redis.call('XCLAIM', stream, group, name_of(1), 0, unpack(ids)) end
    end
    inherited = inherited + entries
  end
end
held[name_of(1)] = (held[name_of(1)] or 0) + inherited

local _, unread = look()
local handled = 0
for index = 1, count do
  local consumer, most = name_of(index), tonumber(ARGV[4 + index])
  local share = math.min(math.ceil(unread / (count - index + 1)), most_in_flight - (held[consumer] or 0))
  if share > 0 then
    redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', share, 'STREAMS', stream, '>')
    unread = unread - share
  end
  for _ = 1, math.ceil(most / batch) do
    local ids = ids_of(consumer, math.min(batch, most))
    if #ids == 0 then break end
    most = most - #ids
    handled = handled + redis.call('XACK', stream, group, unpack(ids))
  end
end
local pending, lag = look()
return { pending, lag, handled }
