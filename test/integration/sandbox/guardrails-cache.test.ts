import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';
import { startRedis } from '../../support/redis.ts';
import { valueIn } from '../../support/sandbox-value.ts';
import { waitUntil } from '../../support/wait-until.ts';

const platform = 'llm-guardrails';

describe('the cache of the guardrails platform on a real Redis', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let redis: Redis;
  let sandbox: Sandbox;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  beforeEach(async () => {
    await redis.flushall();
    const stores = { redis: new Map([['guardrails-cache', server.url]]), postgres: new Map() };
    sandbox = createSandbox({ speed: 20, wallNow: () => Date.now(), stores });
    await sandbox.whenRunning();
  });

  afterEach(() => sandbox.close());

  const ratio = () => valueIn(sandbox, 'guardrail:redis_memory:ratio');
  const isFull = async () => (await ratio()) > 0.8;
  const p99 = () => valueIn(sandbox, 'guardrail:request_latency_seconds:p99');
  const untilRatio = (isRight: (share: number) => boolean, what: string) =>
    waitUntil(async () => isRight(await ratio()), { describe: what, timeoutMs: 20_000 });
  const settled = async (condition: () => Promise<boolean>): Promise<boolean> => {
    // Several looks of the patient, which come with the questions.
    for (let look = 0; look < 20; look += 1) {
      if (!(await condition())) return false;
      await redis.ping();
    }
    return true;
  };

  it('is well at first, within bounds of its own', async () => {
    await untilRatio((share) => share > 0 && share < 0.5, 'the first look');
    expect(await redis.config('GET', 'maxmemory')).toEqual(['maxmemory', String(32 * 2 ** 20)]);
  });

  it('fills up, comes back after a flush, and is cured by room', async () => {
    expect(sandbox.inject(platform, 'memory-full')).toBe(true);
    await waitUntil(isFull, { describe: 'the cache to be full', timeoutMs: 20_000 });
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await settled(isFull)).toBe(true);
    await redis.flushdb();
    await waitUntil(async () => (await redis.dbsize()) > 100 && (await isFull()), {
      describe: 'the cache to fill again',
      timeoutMs: 20_000,
    });

    await redis.config('SET', 'maxmemory', '2gb');
    await untilRatio((share) => share < 0.1, 'room in the cache');
    await waitUntil(async () => (await valueIn(sandbox, 'redis_memory_max_bytes')) === 2 ** 31, { describe: 'the exporter to tell of it' });
    expect(await settled(async () => !(await isFull()))).toBe(true);
  });

  it('has a stubborn twin that room does not cure', async () => {
    sandbox.inject(platform, 'memory-full-stubborn');
    await waitUntil(isFull, { describe: 'the cache to be full', timeoutMs: 20_000 });
    await redis.config('SET', 'maxmemory', '2gb');
    await waitUntil(async () => (await redis.config('GET', 'maxmemory'))[1] !== String(2 ** 31) && (await isFull()), {
      describe: 'the bound to be set back',
      timeoutMs: 20_000,
    });
  });

  it('makes requests slow while it is stale, until it is flushed', async () => {
    sandbox.inject(platform, 'stale-cache');
    await waitUntil(async () => (await redis.dbsize()) > 100, { describe: 'the stale entries' });
    expect(await settled(async () => (await p99()) > 0.1)).toBe(true);
    await redis.flushdb();
    await waitUntil(async () => (await p99()) < 0.1, { describe: 'the requests to be fast', timeoutMs: 20_000 });
    expect(await settled(async () => (await p99()) < 0.1)).toBe(true);
  });

  it('that is stubbornly stale is stale again after each flush', async () => {
    sandbox.inject(platform, 'stale-cache-stubborn');
    await waitUntil(async () => (await redis.dbsize()) > 100, { describe: 'the stale entries' });
    await redis.flushdb();
    await waitUntil(async () => (await redis.dbsize()) > 100, { describe: 'the stale entries again', timeoutMs: 20_000 });
    expect(await p99()).toBeGreaterThan(0.1);
    sandbox.heal(platform);
    await waitUntil(async () => (await redis.dbsize()) === 0 && (await p99()) < 0.1, { describe: 'the patient to be well' });
  });
});
