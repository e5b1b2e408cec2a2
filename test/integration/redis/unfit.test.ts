import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startOnStore } from '../../support/deploy/own-store-service.ts';
import { startRedis } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('a Redis that is changed under a service', { timeout: 120_000 }, () => {
  it('so that it would evict holds everything up, says so, and lets it go on when it is put right', async () => {
    await using redis = await startRedis({ persist: true });
    const admin = new Redis(redis.url);
    const platform = await startOnStore({ redis: redis.url });
    const { alert, until, ask } = platform;
    try {
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const reasons = async () => ((await (await ask('GET', '/-/ready')).json()) as { reasons?: readonly string[] }).reasons ?? [];
      await waitUntil(async () => (await reasons()).join().includes('maxmemory-policy is allkeys-lru'), {
        timeoutMs: 15_000,
        describe: () => 'it to be noticed',
      });
      expect((await ask('GET', '/-/ready')).status).toBe(503);
      expect(await (await ask('GET', '/metrics')).text()).toMatch(/^fixpoint_ready 0$/m);
      await alert('model-pii-detect');
      await until('model-pii-detect', { kind: 'remediation', phase: 'waiting' });
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
      await until('model-pii-detect', { kind: 'remediation', phase: 'succeeded' });
      expect((await ask('GET', '/-/ready')).status).toBe(200);
    } finally {
      admin.disconnect();
      await platform.stop();
    }
  });
});
