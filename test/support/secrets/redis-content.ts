import { Redis } from 'ioredis';

const readers: Readonly<Record<string, (redis: Redis, key: string) => Promise<unknown>>> = {
  string: (redis, key) => redis.get(key),
  hash: (redis, key) => redis.hgetall(key),
  list: (redis, key) => redis.lrange(key, 0, -1),
  set: (redis, key) => redis.smembers(key),
  zset: (redis, key) => redis.zrange(key, '0', '-1'),
  stream: (redis, key) => redis.xrange(key, '-', '+'),
};

/** Everything that a Redis holds, one text a key; nothing where it does not answer (any more). */
export async function* redisContent(url: string): AsyncGenerator<{ readonly key: string; readonly text: string }> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 2000, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
  } catch {
    redis.disconnect();
    return;
  }
  try {
    for await (const keys of redis.scanStream({ count: 500 }) as AsyncIterable<string[]>)
      for (const key of keys) {
        const read = readers[await redis.type(key)];
        if (read !== undefined) yield { key, text: JSON.stringify(await read(redis, key)) };
      }
  } finally {
    redis.disconnect();
  }
}
