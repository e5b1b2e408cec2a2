return { now, redis.call('HVALS', P .. 'pauses') }
