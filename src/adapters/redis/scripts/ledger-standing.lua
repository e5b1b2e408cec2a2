return { now, redis.call('HGETALL', L .. 'flags'), redis.call('HGETALL', L .. 'storms') }
