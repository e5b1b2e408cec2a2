-- ARGV: 2 message.
redis.call('HDEL', P .. 'outbox', ARGV[2])
redis.call('HDEL', P .. 'outbox:tries', ARGV[2])
redis.call('ZREM', P .. 'outbox:due', ARGV[2])
return 1
