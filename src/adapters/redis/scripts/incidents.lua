-- An incident: hash inc:<id>; inc:<id>:members alert -> 'seenAt|endedAt|isFull'; inc:<id>:full alert -> JSON (at most
-- FULL_MEMBERS); inc:<id>:over full members that ended; inc:<id>:refused; inc:<id>:calls. `open`: rule\nsubject -> id.
local function incident_key(id)
  return P .. 'inc:' .. id
end

local function incident_entry(kind, id, rule, data)
  return '{"type":"' .. kind .. '","incident":' .. cjson.encode(id) .. ',"rule":' .. cjson.encode(rule) .. ',"data":{' .. data .. '}}'
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
  write_journal(incident_entry('incident-closed', id, found[1], data), '')
  if redis.call('ZCARD', P .. 'incs:closed') > INCIDENTS then
    local oldest = redis.call('ZRANGE', P .. 'incs:closed', 0, 1)
    for _, old in ipairs(oldest) do remove_incident(old) end
  end
end
