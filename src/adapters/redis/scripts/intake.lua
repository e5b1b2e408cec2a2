-- ARGV: 2 source, 3 received at, 4 length of tombstones, 5 notification, 6 its body, 7 its bytes or '' (not kept), 8 number
-- of its alerts, 9 number of entries, 10 number of unmatched alerts; then the entries (fingerprint, status, startsAt,
-- endsAt, alert JSON, rule, subject, params, flap, new incident, confirmed) and the unmatched (fingerprint, status,
-- startsAt, endsAt, alert JSON where it is resolved), and the receiver or ''. Answers the time and per entry '<outcome letter><needs a run><incident>'.
local source = ARGV[2]
local received = math.min(tonumber(ARGV[3]), now)
local tombstone_length = tonumber(ARGV[4])
local firing_key = P .. 'firing:' .. source
local opened = {}
local ended_now = {}

local function open_incident_of(rule, subject)
  local field = rule .. '\n' .. subject
  local id = opened[field]
  if id ~= nil then return id end
  id = redis.call('HGET', P .. 'open', field)
  if id then
    local incident = load_incident(id)
    if incident and incident.firing == 0 and incident.closesAt and incident.closesAt <= now then
      touched[id] = nil
      close_incident(id, 'all members resolved')
      id = false
    elseif not incident then
      id = false
    end
  end
  opened[field] = id
  return id
end

local function open_new(entry)
  local id = entry.newIncident
  if redis.call('EXISTS', incident_key(id)) == 1 then return false end
  redis.call('HSET', incident_key(id), 'id', id, 'rule', entry.rule, 'subject', entry.subject, 'source', source, 'state', 'open',
    'openedAt', NOW, 'params', entry.params, 'attempt', 0, 'firing', 0, 'seenAt', text(received), 'flap', text(entry.flap))
  redis.call('HSET', P .. 'open', entry.rule .. '\n' .. entry.subject, id)
  redis.call('ZADD', P .. 'incs', NOW, id)
  redis.call('ZADD', P .. 'incs:open', NOW, id)
  redis.call('ZADD', P .. 'incs:rule:' .. entry.rule, NOW, id)
  touched[id] = { firing = 0, before = 0, params = entry.params, attempt = 0, run = false, flap = entry.flap, seenAt = received, full = 0, isNew = true }
  opened[entry.rule .. '\n' .. entry.subject] = id
  local data = '"subject":' .. cjson.encode(entry.subject) .. ',"source":' .. cjson.encode(source) .. ',"fingerprint":' .. cjson.encode(entry.fingerprint)
  write_journal(incident_entry('incident-opened', id, entry.rule, data), '')
  return id
end

local function refuse(id, entry)
  local key = incident_key(id) .. ':refused'
  if redis.call('SCARD', key) >= REFUSED_MEMBERS or redis.call('SADD', key, entry.name) == 0 then return end
  local data = '"subject":' .. cjson.encode(entry.subject) .. ',"source":' .. cjson.encode(source) .. ',"fingerprint":'
    .. cjson.encode(entry.fingerprint) .. ',"reason":"it would render other parameters for the same subject"'
  write_journal(incident_entry('member-refused', id, entry.rule, data), '')
end

-- Whether this is a late word about an episode that is over.
local function is_late(state, alert)
  return state ~= nil and state.ended ~= nil and alert.startsAt < state.ended and not alert.isConfirmed
end

-- What the alert's state says once it fires: the latest start seen, for what ended before it does not end it; and where
-- its source says it fires after all, any end before.
local function firing_since(state, alert)
  if state == nil then return alert.startsAt end
  if state.ended == nil then return math.max(state.starts, alert.startsAt) end
  if alert.startsAt < state.ended then return state.ended + 1 end
  return alert.startsAt
end

local function with_incident(list, id)
  if not id or list == id or string.find(',' .. list .. ',', ',' .. id .. ',', 1, true) then return list end
  if list == '' then return id end
  if select(2, string.gsub(list, ',', '')) >= ALERT_INCIDENTS - 1 then list = string.gsub(list, '^[^,]*,', '') end
  return list .. ',' .. id
end

local function take_firing(entry)
  local state = read_alert(entry.name)
  if is_late(state, entry) then return 't', open_incident_of(entry.rule, entry.subject) end
  local starts = firing_since(state, entry)
  local list = state and state.ended == nil and state.incidents or ''
  local id = open_incident_of(entry.rule, entry.subject)
  local outcome = 'o'
  local member = false
  if id then
    member = redis.call('HGET', incident_key(id) .. ':members', entry.name)
    if not member and touched[id].params ~= entry.params then
      write_firing(entry.name, starts, list, ALERT_LIFE)
      redis.call('ZADD', P .. 'refused:' .. source, 'GT', text(received), entry.fingerprint)
      redis.call('PEXPIRE', P .. 'refused:' .. source, 2 * REFUSED_AGE)
      refuse(id, entry)
      return 'a', id
    end
    outcome = 'j'
  else
    id = open_new(entry)
    if not id then return 't', false end
  end
  local incident = touched[id]
  incident.flap = entry.flap
  local is_news = fire_member(id, entry.name, { incident = incident, state = member, seen = received, json = entry.json })
  if not is_news then outcome = 'f' end
  redis.call('ZADD', firing_key, 'GT', text(received), entry.fingerprint)
  write_firing(entry.name, starts, with_incident(list, id), ALERT_LIFE)
  return outcome, id
end

-- Ends the alert everywhere unless the word is about an older episode; answers false then.
local function take_end(alert)
  local state = read_alert(alert.name)
  local ended = alert.endsAt or received
  if state and state.ended == nil and ended < state.starts then return false end
  if state and state.ended then ended = math.max(ended, state.ended) end
  if state then
    end_in_all(state.incidents, alert.name, { ended = ended, json = alert.json }, function(id)
      ended_now[id .. ' ' .. alert.name] = true
    end)
  end
  redis.call('ZREM', firing_key, alert.fingerprint)
  write_tombstone(alert.name, state and state.starts, ended, tombstone_length)
  return ended
end

local function take_resolved(entry)
  local id = open_incident_of(entry.rule, entry.subject)
  local is_member = id and redis.call('HEXISTS', incident_key(id) .. ':members', entry.name) == 1
  local ended = take_end(entry)
  if not ended then return is_member and 'f' or 'u', is_member and id end
  if is_member then end_member(id, entry.name, { incident = touched[id], ended = ended, json = entry.json }) end
  if is_member or (id and ended_now[id .. ' ' .. entry.name]) then return 'r', id end
  return 'u', false
end

local function take_unmatched(alert)
  if alert.status == 'r' then
    take_end(alert)
    return
  end
  local state = read_alert(alert.name)
  if is_late(state, alert) then return end
  local list = state and state.ended == nil and state.incidents or ''
  for id in string.gmatch(list, '[^,]+') do
    local incident = load_incident(id)
    local member = incident and redis.call('HGET', incident_key(id) .. ':members', alert.name)
    if member then
      local seen, ended, is_full = split_member(member)
      if not ended then
        redis.call('HSET', incident_key(id) .. ':members', alert.name, text(math.max(seen, received)) .. '||' .. (is_full and '1' or '0'))
        redis.call('ZADD', firing_key, 'GT', text(received), alert.fingerprint)
        incident.seenAt = math.max(incident.seenAt, received)
      end
    end
  end
  write_firing(alert.name, firing_since(state, alert), list, list == '' and UNMATCHED_LIFE or ALERT_LIFE)
end

local function keep_message()
  local id, bytes = ARGV[5], tonumber(ARGV[7])
  local key = P .. 'note:' .. id
  if bytes > NOTE_BYTES or redis.call('EXISTS', key) == 1 then return end
  redis.call('HSET', key, 'source', source, 'receivedAt', text(received), 'alerts', ARGV[8], 'bytes', bytes, 'body', ARGV[6])
  redis.call('ZADD', P .. 'notes', NOW, id)
  local total = redis.call('INCRBY', P .. 'notes:bytes', bytes)
  while total > NOTE_BYTES or redis.call('ZCARD', P .. 'notes') > NOTES do
    total = drop_note(redis.call('ZPOPMIN', P .. 'notes')[1])
  end
end

local outcomes = {}
local place = 11
for i = 1, tonumber(ARGV[9]) do
  local entry = {
    fingerprint = ARGV[place],
    name = source .. '/' .. ARGV[place],
    status = ARGV[place + 1],
    startsAt = tonumber(ARGV[place + 2]),
    endsAt = tonumber(ARGV[place + 3]),
    json = ARGV[place + 4],
    rule = ARGV[place + 5],
    subject = ARGV[place + 6],
    params = ARGV[place + 7],
    flap = tonumber(ARGV[place + 8]),
    newIncident = ARGV[place + 9],
    isConfirmed = ARGV[place + 10] == '1',
  }
  local outcome, id
  if entry.status == 'r' then
    outcome, id = take_resolved(entry)
  else
    outcome, id = take_firing(entry)
  end
  outcomes[i] = { outcome, id or '' }
  place = place + 11
end
for _ = 1, tonumber(ARGV[10]) do
  take_unmatched({
    fingerprint = ARGV[place],
    name = source .. '/' .. ARGV[place],
    status = ARGV[place + 1],
    startsAt = tonumber(ARGV[place + 2]),
    endsAt = tonumber(ARGV[place + 3]),
    json = ARGV[place + 4],
  })
  place = place + 5
end
write_touched()
redis.call('SADD', P .. 'sources', source)
local receivers = P .. 'receivers:' .. source
if ARGV[place] ~= '' and redis.call('SCARD', receivers) < RECEIVERS then redis.call('SADD', receivers, ARGV[place]) end
if ARGV[7] ~= '' then keep_message() end

local asked = {}
local answers = { now }
for i, one in ipairs(outcomes) do
  local outcome, id = one[1], one[2]
  local incident = touched[id]
  local needs_run = incident and not asked[id] and (outcome == 'o' or outcome == 'j' or outcome == 'f') and incident.firing > 0
    and incident.attempt == 0 and not incident.run
  if needs_run then asked[id] = true end
  answers[i + 1] = outcome .. (needs_run and '1' or '0') .. id
end
return answers
