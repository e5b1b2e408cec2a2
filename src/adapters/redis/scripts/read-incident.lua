-- {fields, full alerts, their member states}, or false.
local function read_incident(id)
  local key = incident_key(id)
  local fields = redis.call('HGETALL', key)
  if #fields == 0 then return false end
  local full = redis.call('HGETALL', key .. ':full')
  local names = {}
  for i = 1, #full, 2 do names[#names + 1] = full[i] end
  local states = {}
  if #names > 0 then states = redis.call('HMGET', key .. ':members', unpack(names)) end
  return { fields, full, states }
end
