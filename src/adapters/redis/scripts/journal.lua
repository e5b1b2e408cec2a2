-- Lets go of what is too old or too much. Entries differ in size, so that one guess by their number may not be enough.
local function trim_journal()
  local journal = P .. 'journal'
  redis.call('XTRIM', journal, 'MINID', '~', text(math.max(0, now - RUN_AGE)))
  for _ = 1, 10 do
    local bytes = redis.call('MEMORY', 'USAGE', journal, 'SAMPLES', 0)
    if not bytes or bytes <= JOURNAL_BYTES then return end
    if redis.call('XTRIM', journal, 'MAXLEN', '~', math.floor(redis.call('XLEN', journal) * JOURNAL_BYTES / bytes * 0.9)) == 0 then return end
  end
end

-- `json` is a whole entry; a run's entries are kept a second time with the run, so that they are read at once. Trimmed here,
-- too: nobody may be there to sweep.
local function write_journal(json, run)
  local number = redis.call('INCR', P .. 'journal:count')
  local id = redis.call('XADD', P .. 'journal', 'MAXLEN', '~', JOURNAL_LENGTH, '*', 'at', NOW, 'e', json, 'n', number)
  if number % TRIM_EVERY == 0 then trim_journal() end
  if run ~= '' then
    local key = P .. 'run:' .. run .. ':journal'
    redis.call('RPUSH', key, id .. ' ' .. NOW .. ' ' .. number .. ' ' .. json)
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
