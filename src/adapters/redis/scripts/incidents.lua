-- An incident: hash inc:<id>; inc:<id>:members alert -> 'seenAt|endedAt|isFull'; inc:<id>:full alert -> JSON (at most
-- FULL_MEMBERS); inc:<id>:over full members that ended; inc:<id>:refused; inc:<id>:calls. `open`: rule\nsubject -> id.
local function incident_key(id)
  return P .. 'inc:' .. id
end

local function incident_entry(kind, id, rule, data)
  return '{"type":"' .. kind .. '","incident":' .. cjson.encode(id) .. ',"rule":' .. cjson.encode(rule) .. ',"data":{' .. data .. '}}'
end

-- A call to a person: hash call:<key> {id, doc, at, tries, taken, handled}; calls:due key -> when it is looked at next. The one
-- about an incident's own runs has the key incident/<id>.
local function call_key(key)
  return P .. 'call:' .. key
end

-- Raises a call unless there was one with this key since the incident was last acknowledged.
local function open_call(message, doc)
  local told = cjson.decode(doc)
  local incident = incident_key(told.incident)
  local is_new = redis.call('SADD', incident .. ':calls', told.key) == 1
  redis.call('PEXPIRE', incident .. ':calls', INCIDENT_LIFE)
  if not is_new then return 0 end
  redis.call('DEL', call_key(told.key))
  redis.call('HSET', call_key(told.key), 'id', message, 'doc', doc, 'at', NOW, 'tries', 0, 'taken', '[]')
  redis.call('ZADD', P .. 'calls:due', text(now + (told.after or 0)), told.key)
  if told.key == 'incident/' .. told.incident and redis.call('EXISTS', incident) == 1 then redis.call('HSET', incident, 'escalatedAt', NOW) end
  return 1
end

-- Nobody is needed any more; those who were called are told so.
local function end_call(key, why)
  if redis.call('EXISTS', call_key(key)) == 0 then return end
  if redis.call('HSETNX', call_key(key), 'handled', why) == 1 then redis.call('HSET', call_key(key), 'tries', 0) end
  redis.call('ZADD', P .. 'calls:due', NOW, key)
end

-- A later attempt succeeded: if that does not last, a person may be called again.
local function succeed_call(incident, run)
  end_call('incident/' .. incident, 'run ' .. run .. ' succeeded')
  redis.call('SREM', incident_key(incident) .. ':calls', 'incident/' .. incident)
  redis.call('HDEL', incident_key(incident), 'escalatedAt')
end

local function acknowledge_calls(incident, why)
  for _, key in ipairs(redis.call('SMEMBERS', incident_key(incident) .. ':calls')) do end_call(key, why) end
  redis.call('DEL', incident_key(incident) .. ':calls')
end

local function remove_incident(id)
  local key = incident_key(id)
  local rule = redis.call('HGET', key, 'rule')
  redis.call('DEL', key, key .. ':members', key .. ':full', key .. ':over', key .. ':refused', key .. ':calls')
  redis.call('ZREM', P .. 'incs', id)
  redis.call('ZREM', P .. 'incs:open', id)
  redis.call('ZREM', P .. 'incs:closed', id)
  if rule then redis.call('ZREM', P .. 'incs:rule:' .. rule, id) end
end

local function close_incident(id, why)
  local key = incident_key(id)
  local found = redis.call('HMGET', key, 'rule', 'subject', 'attempt')
  redis.call('HSET', key, 'state', 'closed', 'closedAt', NOW)
  redis.call('HDEL', key, 'closesAt')
  local field = found[1] .. '\n' .. found[2]
  if redis.call('HGET', P .. 'open', field) == id then redis.call('HDEL', P .. 'open', field) end
  redis.call('ZREM', P .. 'closing', id)
  redis.call('ZREM', P .. 'incwake', id)
  redis.call('ZREM', P .. 'incs:open', id)
  redis.call('ZADD', P .. 'incs:closed', NOW, id)
  local data = '"subject":' .. cjson.encode(found[2]) .. ',"attempt":' .. found[3] .. ',"reason":' .. cjson.encode(why)
  end_call('incident/' .. id, 'the incident is closed: ' .. why)
  write_journal(incident_entry('incident-closed', id, found[1], data), '')
  if redis.call('ZCARD', P .. 'incs:closed') > INCIDENTS then
    local oldest = redis.call('ZRANGE', P .. 'incs:closed', 0, 1)
    for _, old in ipairs(oldest) do remove_incident(old) end
  end
end
