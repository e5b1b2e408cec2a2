import { expect, it } from 'vitest';
import type { RedisReader, RedisWriter } from '../../../src/ports/redis-target.ts';
import type { Json } from '../../../src/value/json.ts';
import { contextOf, planOf } from '../../support/actions/world.ts';

const reader = (reply: Json) =>
  ({
    deployment: () => Promise.resolve({ kind: 'standalone', nodes: [{ address: 'a:1', role: 'master', slots: [] }], database: 0 }),
    read: () => Promise.resolve(reply),
  }) as unknown as RedisReader & RedisWriter;

it.each(['redis.flush', 'redis.bgsave'])('%s plans nothing on an answer that is no number', async (action) => {
  for (const reply of [null, 'OK', '7', [7]])
    await expect(planOf(action, { connection: 'cache' }, contextOf({ redis: reader(reply) }))).rejects.toMatchObject({
      code: 'redis.failed',
    });
});
