import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRedis } from '../../../src/adapters/redis/check-redis.ts';
import { freePort } from '../../support/free-port.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';

describe('the look at a Redis before it is used', () => {
  let server: RedisServer;
  let client: Redis;

  beforeAll(async () => {
    server = await startRedis({ persist: true });
    client = new Redis(server.url);
  });

  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });

  it('finds nothing wrong with one that persists and evicts nothing', async () => {
    expect(await checkRedis(server.url)).toEqual([]);
  });

  it.each(['allkeys-lru', 'volatile-ttl'])('refuses the eviction policy %s', async (policy) => {
    await client.config('SET', 'maxmemory-policy', policy);
    const problems = await checkRedis(server.url);
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    expect(problems).toEqual([{ severity: 'error', message: expect.stringContaining(`maxmemory-policy is ${policy}`) as string }]);
  });

  it.each(['', '3600 1'])('refuses one that appends nothing, whatever it saves now and then: %o', async (save) => {
    await client.config('SET', 'appendonly', 'no');
    await client.config('SET', 'save', save);
    const problems = await checkRedis(server.url);
    await client.config('SET', 'save', '');
    await client.config('SET', 'appendonly', 'yes');
    expect(problems).toEqual([{ severity: 'error', message: expect.stringContaining('appendonly is off') as string }]);
  });

  it('refuses a replica', async () => {
    await client.replicaof('127.0.0.1', 1);
    const problems = await checkRedis(server.url);
    await client.replicaof('NO', 'ONE');
    expect(problems).toEqual([{ severity: 'error', message: expect.stringContaining('replica') as string }]);
  });

  it('says so when nobody answers, in time', async () => {
    const port = await freePort();
    const began = performance.now();
    expect(await checkRedis(`redis://127.0.0.1:${port}`)).toEqual([
      { severity: 'warning', isAway: true, message: expect.stringContaining('ECONNREFUSED') as string },
    ]);
    server.freeze();
    const frozen = await checkRedis(server.url);
    server.thaw();
    expect(frozen).toMatchObject([{ severity: 'warning', isAway: true }]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
