-- ARGV: 2 run, 3 worker, 4 length of the lease, 5 newest version of records understood, 6 sequence it is to be at, or ''.
local id, key = ARGV[2], run_key(ARGV[2])
local found = redis.call('HMGET', key, 'doc', 'version', 'lease', 'seq', 'incident')
if not found[1] then return { 'missing' } end
if redis.call('ZSCORE', P .. 'runs:ended', id) then return { 'ended' } end
if tonumber(found[2]) > tonumber(ARGV[5]) then return { 'newer-version' } end
if ARGV[6] ~= '' and found[4] ~= ARGV[6] then return { 'moved-on' } end
if holds_lease(found[3]) then return { 'held', tonumber(found[3]) } end
local fence = redis.call('INCR', P .. 'fence')
local lease = text(now + tonumber(ARGV[4]))
redis.call('HSET', key, 'fence', fence, 'lease', lease, 'worker', ARGV[3])
redis.call('ZADD', P .. 'wake', lease, id)
local signals = redis.call('LRANGE', key .. ':signals', 0, -1)
return { 'claimed', fence, now, found[1], tonumber(found[4]), signals, read_incident(found[5]) }
