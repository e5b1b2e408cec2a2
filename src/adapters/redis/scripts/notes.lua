-- Answers the bytes that are left.
local function drop_note(id)
  local bytes = tonumber(redis.call('HGET', P .. 'note:' .. id, 'bytes') or '0')
  redis.call('DEL', P .. 'note:' .. id)
  redis.call('ZREM', P .. 'notes', id)
  return redis.call('DECRBY', P .. 'notes:bytes', bytes)
end
