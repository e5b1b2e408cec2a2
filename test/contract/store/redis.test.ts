import { afterAll, beforeAll, describe } from 'vitest';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisStore } from '../../../src/adapters/redis/redis-store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { quietLog } from '../quiet-log.ts';
import { start } from './harness.ts';
import { law } from './records.ts';
import { storeContract } from './store-contract.ts';

describe('the store in Redis', () => {
  let server: RedisServer;
  let links: readonly RedisLink[] = [];
  const stores: Store[] = [];
  let opened = 0;

  beforeAll(async () => {
    server = await startRedis();
    links = [0, 1].map(() => new RedisLink({ url: server.url, log: quietLog }));
  });

  afterAll(async () => {
    for (const store of stores) await store.close();
    for (const link of links) await link.close();
    await server.stop();
  });

  storeContract({
    async open(limits) {
      opened += 1;
      let time = start;
      const prefix = `{test${opened}}:`;
      const [store, other] = links.map((link) =>
        redisStore({
          link,
          url: server.url,
          law,
          log: quietLog,
          prefix,
          testTime: () => time,
          ...(limits === undefined ? {} : { limits }),
        }),
      );
      if (store === undefined || other === undefined) throw new Error('two links are open');
      stores.push(store, other);
      const setTime = (ms: number): void => {
        time = ms;
      };
      return { store, other, now: () => time, advance: async (ms) => setTime(time + ms), setTime };
    },
  });
});
