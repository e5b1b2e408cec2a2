-- `json` is a whole entry; a run's entries are kept a second time with the run, so that they are read at once.
local function write_journal(json, run)
  local id = redis.call('XADD', P .. 'journal', 'MAXLEN', '~', JOURNAL_LENGTH, '*', 'at', NOW, 'e', json)
  if run ~= '' then
    local key = P .. 'run:' .. run .. ':journal'
    redis.call('RPUSH', key, id .. ' ' .. NOW .. ' ' .. json)
    redis.call('LTRIM', key, -RUN_JOURNAL_LENGTH, -1)
    redis.call('PEXPIRE', key, RUN_LIFE)
  end
end

-- Entries as ARGV from `first`: their number, then for each its JSON and its run or ''. Answers the place behind them.
local function write_entries(first)
  local last = first + 2 * tonumber(ARGV[first])
  for i = first + 1, last, 2 do write_journal(ARGV[i], ARGV[i + 1]) end
  return last + 1
end
