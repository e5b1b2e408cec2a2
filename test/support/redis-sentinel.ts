import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { startRedis, type RedisServer } from './redis.ts';
import { serverProgram } from './server-program.ts';
import { startServer, type Server } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

export interface RedisSentinelSet extends AsyncDisposable {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: Server;
  /** Of the sentinel, which knows the master as `main`. */
  readonly address: string;
}

/** A master with one replica, and a sentinel that knows both; `args` are for the two. */
export async function startRedisSentinel({ args = [] }: { args?: readonly string[] } = {}): Promise<RedisSentinelSet> {
  const servers: Server[] = [];
  const stop = async () => void (await Promise.all(servers.toReversed().map((server) => server.stop())));
  try {
    const master = await startRedis({ args: ['--repl-diskless-sync-delay', '0', ...args] });
    servers.push(master);
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port), ...args] });
    servers.push(replica);
    const port = await freePort();
    const sentinel = await startSentinel(port, master.port);
    servers.push(sentinel);
    const client = new Redis({ host: '127.0.0.1', port });
    try {
      // It looks for replicas every ten seconds otherwise.
      await client.call('SENTINEL', 'DEBUG', 'INFO-PERIOD', '200', 'PING-PERIOD', '200');
      const knowsBoth = async () => {
        const replicas = (await client.call('SENTINEL', 'REPLICAS', 'main')) as string[][];
        const valueOf = (name: string) => replicas[0]?.[replicas[0].indexOf(name) + 1];
        return replicas.length === 1 && valueOf('flags') === 'slave' && valueOf('master-link-status') === 'ok';
      };
      await waitUntil(knowsBoth, { timeoutMs: 25_000, describe: () => 'the sentinel knows the replica' });
    } finally {
      client.disconnect();
    }
    return { master, replica, sentinel, address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSentinel(port: number, masterPort: number): Promise<Server> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'sentinel.conf');
  writeFileSync(
    file,
    `port ${port}\nbind 127.0.0.1\ndir ${folder.path}\nsentinel monitor main 127.0.0.1 ${masterPort} 1\nsentinel down-after-milliseconds main 1000\n`,
  );
  return await startServer({
    name: 'Redis Sentinel',
    child: { command: serverProgram('redis'), args: [file, '--sentinel'] },
    isReady: async () => {
      const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.call('PING')) === 'PONG';
      } finally {
        client.disconnect();
      }
    },
    cleanUp: () => folder.remove(),
  });
}
