-- Answers the generation or false, the number of journal entries ever written, and the time.
return { redis.call('GET', P .. 'generation'), tonumber(redis.call('GET', P .. 'journal:count') or '0'), now }
