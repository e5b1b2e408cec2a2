local upto = redis.call('GET', P .. 'notices:upto')
if upto then return upto end
local last = redis.call('XREVRANGE', P .. 'journal', '+', '-', 'COUNT', 1)
upto = last[1] and last[1][1] or '0-0'
redis.call('SET', P .. 'notices:upto', upto)
return upto
