-- ARGV: 2 source, 3 as of, 4 length of tombstones, 5… fingerprints that do not fire. Answers the incidents that changed.
local source, as_of = ARGV[2], tonumber(ARGV[3])
local firing_key = P .. 'firing:' .. source
local changed, answers = {}, {}
for i = 5, #ARGV do
  local seen = tonumber(redis.call('ZSCORE', firing_key, ARGV[i]) or '')
  if seen and seen < as_of then
    local name = source .. '/' .. ARGV[i]
    local state = read_alert(name)
    if state and state.ended == nil then
      end_in_all(state.incidents, name, { ended = as_of }, function(id, ended)
        if ended and not changed[id] then
          changed[id] = true
          answers[#answers + 1] = id
        end
      end)
      write_tombstone(name, state.starts, as_of, tonumber(ARGV[4]))
    end
    redis.call('ZREM', firing_key, ARGV[i])
  end
end
write_touched()
return answers
