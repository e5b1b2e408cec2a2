-- Alert states and members of incidents. An alert is known by `<source>/<fingerprint>`; alert:<it> holds
-- 'startsAt|endedAt|tombstone until|incidents' for as long as it matters.
local touched = {}

local function load_incident(id)
  local incident = touched[id]
  if incident ~= nil then return incident end
  local found = redis.call('HMGET', incident_key(id), 'state', 'firing', 'closesAt', 'params', 'attempt', 'run', 'flap', 'seenAt')
  if found[1] ~= 'open' then return false end
  incident = {
    firing = tonumber(found[2]),
    before = tonumber(found[2]),
    closesAt = tonumber(found[3] or ''),
    params = found[4],
    attempt = tonumber(found[5]),
    run = found[6],
    flap = tonumber(found[7]),
    seenAt = tonumber(found[8]),
  }
  touched[id] = incident
  return incident
end

local function read_alert(name)
  local state = redis.call('GET', P .. 'alert:' .. name)
  if not state then return nil end
  local starts, ended, tombstone, incidents = string.match(state, '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
  if tombstone ~= '' and tonumber(tombstone) <= now then return nil end
  return { starts = tonumber(starts), ended = tonumber(ended), incidents = incidents }
end

local function write_firing(name, starts, incidents, life)
  redis.call('SET', P .. 'alert:' .. name, text(starts) .. '|||' .. incidents, 'PX', life)
end

local function write_tombstone(name, starts, ended, length)
  local value = (starts and text(starts) or '') .. '|' .. text(ended) .. '|' .. text(now + length) .. '|'
  redis.call('SET', P .. 'alert:' .. name, value, 'PX', text(length + EXPIRY_MARGIN))
end

-- Whether the incident may keep this alert in full, making room by letting go of one that ended.
local function may_keep_full(id, incident)
  local key = incident_key(id)
  incident.full = incident.full or redis.call('HLEN', key .. ':full')
  if incident.full < FULL_MEMBERS then
    incident.full = incident.full + 1
    return true
  end
  if incident.hasNoneOver then return false end
  local over = redis.call('SPOP', key .. ':over')
  if not over then
    incident.hasNoneOver = true
    return false
  end
  redis.call('HDEL', key .. ':full', over)
  redis.call('HDEL', key .. ':members', over)
  return true
end

local function split_member(state)
  local seen, ended, full = string.match(state, '^([^|]*)|([^|]*)|([^|]*)$')
  return tonumber(seen), tonumber(ended), full == '1'
end

-- The alert fires in the incident; `state` is its member state or false. Answers whether it did not before.
local function fire_member(id, name, given)
  local incident, key, state = given.incident, incident_key(id), given.state
  local seen, ended, is_full = given.seen, nil, false
  local is_news = not state
  if state then
    local before
    before, ended, is_full = split_member(state)
    seen = math.max(seen, before)
    is_news = ended ~= nil
  end
  if is_news then
    incident.firing = incident.firing + 1
    if is_full then redis.call('SREM', key .. ':over', name) end
  end
  if not is_full then is_full = may_keep_full(id, incident) end
  redis.call('HSET', key .. ':members', name, text(seen) .. '||' .. (is_full and '1' or '0'))
  if is_full then redis.call('HSET', key .. ':full', name, given.json) end
  incident.seenAt = math.max(incident.seenAt, seen)
  return is_news
end

-- Answers nil when the incident has no such member, else whether it fired until now.
local function end_member(id, name, given)
  local key = incident_key(id)
  local state = redis.call('HGET', key .. ':members', name)
  if not state then return nil end
  local seen, ended, is_full = split_member(state)
  if ended then return false end
  given.incident.firing = given.incident.firing - 1
  if is_full then
    redis.call('HSET', key .. ':members', name, text(seen) .. '|' .. text(given.ended) .. '|1')
    redis.call('SADD', key .. ':over', name)
    if given.json then redis.call('HSET', key .. ':full', name, given.json) end
    given.incident.hasNoneOver = false
  else
    redis.call('HDEL', key .. ':members', name)
  end
  return true
end

-- Ends the alert in all incidents of `list` (ids with commas between); each that had it is passed to `found`.
local function end_in_all(list, name, given, found)
  for id in string.gmatch(list, '[^,]+') do
    local incident = load_incident(id)
    if incident then
      local ended = end_member(id, name, { incident = incident, ended = given.ended, json = given.json })
      if ended ~= nil then found(id, ended) end
    end
  end
end

-- Writes what changed. An incident in which nothing fires any more closes after its flap window, and its run is told; one
-- that fires again goes on, and the engine looks at it unless it has planned to.
local function write_touched()
  for id, incident in pairs(touched) do
    local key = incident_key(id)
    redis.call('HSET', key, 'firing', incident.firing, 'seenAt', text(incident.seenAt), 'flap', text(incident.flap))
    if incident.firing == 0 and (incident.before > 0 or incident.isNew) then
      redis.call('HSET', key, 'closesAt', text(now + incident.flap))
      redis.call('ZADD', P .. 'closing', text(now + incident.flap), id)
      if incident.run then signal_members(incident.run) end
    elseif incident.firing > 0 and incident.before == 0 and not incident.isNew then
      redis.call('HDEL', key, 'closesAt')
      redis.call('ZREM', P .. 'closing', id)
      if incident.attempt > 0 and not incident.run then redis.call('ZADD', P .. 'incwake', 'NX', NOW, id) end
    end
  end
end
