-- Lets go of what is too old or too much, a bounded share at a time. Answers 1 when there is more to do.
local share = 200
local is_more = false

local function oldest(key, age, most)
  local due = redis.call('ZRANGEBYSCORE', key, '-inf', text(now - age), 'LIMIT', 0, share)
  local surplus = redis.call('ZCARD', key) - most
  if surplus > #due then due = redis.call('ZRANGE', key, 0, math.min(surplus, share) - 1) end
  if #due == share then is_more = true end
  return due
end

for _, id in ipairs(oldest(P .. 'runs:ended', RUN_AGE, RUNS)) do remove_run(id) end
for _, id in ipairs(oldest(P .. 'incs:closed', RUN_AGE, INCIDENTS)) do remove_incident(id) end
for _, id in ipairs(oldest(P .. 'notes', RUN_AGE, NOTES)) do drop_note(id) end

-- Nobody has spoken of these for so long that their end must have got lost.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'incs:open', '-inf', text(now - INCIDENT_LIFE), 'LIMIT', 0, share)) do
  local found = redis.call('HMGET', incident_key(id), 'seenAt', 'run')
  if tonumber(found[1]) <= now - INCIDENT_LIFE and not found[2] then close_incident(id, 'not heard of for too long') end
end
for _, source in ipairs(redis.call('SMEMBERS', P .. 'sources')) do
  redis.call('ZREMRANGEBYSCORE', P .. 'firing:' .. source, '-inf', text(now - INCIDENT_LIFE))
end

for _, json in ipairs(redis.call('HVALS', P .. 'pauses')) do
  local pause = cjson.decode(json)
  if pause['until'] and pause['until'] <= now then
    redis.call('HDEL', P .. 'pauses', pause.id)
    write_journal('{"type":"resumed","data":{"id":' .. cjson.encode(pause.id) .. ',"reason":"its time is over"}}', '')
  end
end

for _, key in ipairs(oldest(P .. 'calls:due', CALL_AGE, OUTBOX)) do
  redis.call('DEL', call_key(key))
  redis.call('ZREM', P .. 'calls:due', key)
end
for _, stream in ipairs(oldest(P .. 'notices:due', CALL_AGE, OUTBOX)) do
  redis.call('DEL', notice_key(stream))
  redis.call('HDEL', P .. 'notices:tries', stream)
  redis.call('ZREM', P .. 'notices:due', stream)
end

trim_journal()
return is_more and 1 or 0
