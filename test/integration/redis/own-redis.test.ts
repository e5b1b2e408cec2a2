import { connect, createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownRedis } from '../../../src/app/own-redis.ts';
import { rehearsalConfig } from '../../../src/config/load.ts';
import { Secret } from '../../../src/value/secret.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';

describe('our own Redis, looked at again', () => {
  let server: RedisServer;
  let admin: Redis;

  beforeAll(async () => {
    server = await startRedis({ persist: true });
    admin = new Redis(server.url);
  });

  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  const ownAt = async (url: string) =>
    await ownRedis({ ...rehearsalConfig({ content: {}, folder: '/nowhere' }), redis: () => new Secret(url) }, quietLog);

  it('is fit again once it is put right, although it may have to be warned of something', async () => {
    let says = 'ok';
    // Between us and the server, so that it can say that its disk is full.
    const between = createServer((client) => {
      const behind = connect(server.port, '127.0.0.1');
      client.pipe(behind);
      behind.on('data', (data) =>
        client.write(data.toString('latin1').replace('aof_last_write_status:ok', `aof_last_write_status:${says}`), 'latin1'),
      );
      for (const [one, other] of [
        [client, behind],
        [behind, client],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
    });
    await new Promise<void>((resolve) => void between.listen(0, '127.0.0.1', resolve));
    try {
      const own = await ownAt(`redis://127.0.0.1:${(between.address() as AddressInfo).port}`);
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await own.look();
      expect(own.unfit()).toContain('maxmemory-policy is allkeys-lru');
      says = 'er';
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
      await own.look();
      expect(own.unfit()).toBeUndefined();
    } finally {
      between.close();
    }
  });

  it('says nothing new of itself while it does not answer, and is asked once at a time', async () => {
    const own = await ownAt(server.url);
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await own.look();
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    server.freeze();
    const looks = [own.look(), own.look()];
    expect(looks[0]).toBe(looks[1]);
    await Promise.all(looks);
    expect(own.unfit()).toContain('maxmemory-policy is allkeys-lru');
    server.thaw();
    await own.look();
    expect(own.unfit()).toBeUndefined();
  });
});
