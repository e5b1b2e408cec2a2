import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { startRedis, type RedisServer } from './redis.ts';
import { waitUntil } from './wait-until.ts';

export interface RedisClusterServer extends AsyncDisposable {
  /** The masters, in the order of their slots. */
  readonly masters: readonly RedisServer[];
  readonly addresses: readonly string[];
}

/** A cluster of three masters without replicas. */
export async function startRedisCluster(): Promise<RedisClusterServer> {
  const masters: RedisServer[] = [];
  const stop = async () => void (await Promise.all(masters.map((master) => master.stop())));
  try {
    const busPorts: number[] = [];
    for (let index = 0; index < 3; index++) {
      const busPort = await freePort();
      busPorts.push(busPort);
      masters.push(
        await startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '2000'] }),
      );
    }
    const clients = masters.map(({ url }) => new Redis(url));
    try {
      for (const [index, client] of clients.entries()) {
        const from = Math.floor((16_384 * index) / 3);
        await client.call('CLUSTER', 'ADDSLOTSRANGE', from, Math.floor((16_384 * (index + 1)) / 3) - 1);
        if (index > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', masters[0]?.port ?? 0, busPorts[0] ?? 0);
      }
      for (const client of clients) {
        const isWhole = async () => {
          const nodes = String(await client.call('CLUSTER', 'NODES'))
            .trim()
            .split('\n');
          return (
            nodes.length === 3 &&
            /cluster_state:ok/.test(String(await client.call('CLUSTER', 'INFO'))) &&
            !nodes.some((line) => /handshake|fail/.test(line))
          );
        };
        await waitUntil(isWhole, { timeoutMs: 20_000, describe: () => 'the cluster is whole' });
      }
    } finally {
      for (const client of clients) client.disconnect();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { masters, addresses: masters.map(({ port }) => `127.0.0.1:${port}`), [Symbol.asyncDispose]: stop };
}
