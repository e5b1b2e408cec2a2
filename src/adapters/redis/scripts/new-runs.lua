-- Creates runs as ARGV has them from `first`: their number, then for each id, JSON, version, phase, urgency, incident, rule,
-- subject, created, attempt or '' (no attempt at the incident), definition, wake at or '', then its entries (see journal.lua).
-- Answers the ids created; one whose id exists, or whose incident has a run, is left out.
local function create_runs(first)
  local created = {}
  local place = first + 1
  for _ = 1, tonumber(ARGV[first]) do
    local id, phase, incident, attempt = ARGV[place], ARGV[place + 3], ARGV[place + 5], tonumber(ARGV[place + 9])
    local key = run_key(id)
    local is_free = redis.call('EXISTS', key) == 0
    if is_free and attempt then
      local found = redis.call('HMGET', incident_key(incident), 'run', 'attempt')
      if found[1] or (found[2] and tonumber(found[2]) >= attempt) then
        is_free = false
      elseif found[2] then
        redis.call('HSET', incident_key(incident), 'run', id, 'attempt', attempt)
        redis.call('ZREM', P .. 'incwake', incident)
      end
    end
    if is_free then
      redis.call('HSET', key, 'doc', ARGV[place + 1], 'seq', 0, 'version', ARGV[place + 2], 'phase', phase, 'fence', 0, 'lease', 0,
        'urgency', ARGV[place + 4], 'incident', incident, 'rule', ARGV[place + 6], 'subject', ARGV[place + 7], 'created', ARGV[place + 8])
      redis.call('ZADD', P .. 'runs', ARGV[place + 8], id)
      redis.call('ZADD', P .. 'runs:phase:' .. phase, ARGV[place + 8], id)
      redis.call('ZADD', P .. 'runs:rule:' .. ARGV[place + 6], ARGV[place + 8], id)
      redis.call('ZADD', P .. 'runs:subject:' .. ARGV[place + 7], ARGV[place + 8], id)
      local wake = ARGV[place + 11]
      redis.call('ZADD', P .. 'wake', wake == '' and text(now + FIRST_WAKE) or wake, id)
      redis.call('PEXPIRE', P .. 'def:' .. ARGV[place + 10], DEFINITION_LIFE)
      created[#created + 1] = id
      place = write_entries(place + 12)
    else
      place = place + 13 + 2 * tonumber(ARGV[place + 12])
    end
  end
  return created
end
