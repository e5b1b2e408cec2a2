import { afterAll, beforeAll } from 'vitest';
import { RedisLink } from '../../src/adapters/redis/redis-link.ts';
import { quietLog } from '../contract/quiet-log.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';

/** A Redis for all tests of the `describe` that this is called in; each opening has a prefix of its own. */
export function ownRedis(): { open(): { link: RedisLink; url: string; prefix: string } } {
  let server: RedisServer;
  let link: RedisLink;
  let opened = 0;

  beforeAll(async () => {
    server = await startRedis({ unixSocket: true });
    link = new RedisLink({ url: server.url, log: quietLog });
  });

  afterAll(async () => {
    await link.close();
    await server.stop();
  });

  return {
    open() {
      opened += 1;
      return { link, url: server.url, prefix: `{p${opened}}:` };
    },
  };
}
