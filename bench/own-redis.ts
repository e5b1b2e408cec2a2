import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** When what is written goes to disk: before the answer, or once a second. */
export type Fsync = 'always' | 'everysec';

export interface BenchRedis {
  /** Path of its socket. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A real redis-server on a socket of its own, append-only, flushed to disk as `fsync` says. */
export async function startBenchRedis(fsync: Fsync): Promise<BenchRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-'));
  const url = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', url, '--dir', folder, '--appendonly', 'yes', '--appendfsync', fsync, '--save', ''];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', () => {});
  for (let tries = 0; tries < 100 && client.status !== 'ready'; tries++) {
    await client.connect().catch(() => {});
    await delay(20);
  }
  client.disconnect();
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
