import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { lockData } from '../../../src/adapters/redis/data-lock.ts';
import { findRedisProgram } from '../../../src/adapters/redis/find-redis-program.ts';
import { startPrivateRedis, type PrivateRedis } from '../../../src/adapters/redis/private-redis.ts';
import { isAlive } from '../../../src/adapters/redis/process-life.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { startChild } from '../../support/child-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const programs = process.env['PATH'] ?? '';
const holder = fileURLToPath(new URL('private-redis-holder.ts', import.meta.url));

async function withClient<T>(path: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(path, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

describe('the private Redis', () => {
  const started: PrivateRedis[] = [];

  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
  });

  async function start(data: string): Promise<PrivateRedis> {
    const redis = await startPrivateRedis({ data, log: quietLog, path: programs });
    started.push(redis);
    return redis;
  }

  it('listens on a socket of its own user alone, syncs every write, and leaves nothing running', async () => {
    using folder = temporaryFolder();
    const redis = await start(folder.path);
    const config = await withClient(redis.path, async (client) => [
      await client.config('GET', 'appendfsync'),
      await client.config('GET', 'appendonly'),
      await client.config('GET', 'maxmemory-policy'),
      await client.config('GET', 'port'),
    ]);
    expect(config).toEqual([
      ['appendfsync', 'always'],
      ['appendonly', 'yes'],
      ['maxmemory-policy', 'noeviction'],
      ['port', '0'],
    ]);
    expect(redis.path.length).toBeLessThan(104);
    expect(statSync(dirname(redis.path)).mode & 0o777).toBe(0o700);

    await redis.stop();
    started.pop();
    expect(isAlive({ pid: redis.pid })).toBe(false);
    expect(() => statSync(dirname(redis.path))).toThrow();
    expect(() => statSync(join(folder.path, 'redis.json'))).toThrow();
  });

  it('has its data again after a stop', async () => {
    using folder = temporaryFolder();
    const first = await start(folder.path);
    await withClient(first.path, (client) => client.set('kept', 'yes'));
    await first.stop();
    started.pop();
    const second = await start(folder.path);
    expect(await withClient(second.path, (client) => client.get('kept'))).toBe('yes');
  });

  it('comes back on the same socket with all it had when it is killed', async () => {
    using folder = temporaryFolder();
    const redis = await start(folder.path);
    const before = redis.pid;
    await withClient(redis.path, async (client) => {
      await client.set('kept', 'yes');
      process.kill(before, 'SIGKILL');
      await waitUntil(() => redis.pid !== before, { describe: 'it is started again' });
      expect(await client.get('kept')).toBe('yes');
    });
  });

  it('outlives a Fixpoint that is killed, and the next one adopts it', async () => {
    using folder = temporaryFolder();
    const child = startChild({ command: process.execPath, args: [holder, folder.path] });
    const { path, pid } = JSON.parse(
      await waitUntil(() => /^\{.*\}$/m.exec(child.output())?.[0], { describe: 'the other has started Redis' }),
    ) as { path: string; pid: number };
    await withClient(path, (client) => client.set('kept', 'yes'));

    const second = startPrivateRedis({ data: folder.path, log: quietLog, path: programs });
    await expect(second).rejects.toThrow(`another Fixpoint (pid ${child.pid})`);
    await child.kill9();
    expect(isAlive({ pid })).toBe(true);
    const redis = await start(folder.path);
    expect(redis).toMatchObject({ path, pid });
    expect(await withClient(redis.path, (client) => client.get('kept'))).toBe('yes');
  });

  it('is not adopted when its socket is gone: it is ended first, for two must not write', async () => {
    using folder = temporaryFolder();
    const child = startChild({ command: process.execPath, args: [holder, folder.path] });
    const { path, pid } = JSON.parse(
      await waitUntil(() => /^\{.*\}$/m.exec(child.output())?.[0], { describe: 'the other has started Redis' }),
    ) as { path: string; pid: number };
    await withClient(path, (client) => client.set('kept', 'yes'));
    await child.kill9();
    rmSync(dirname(path), { recursive: true });

    const redis = await start(folder.path);
    expect(isAlive({ pid })).toBe(false);
    expect(redis.pid).not.toBe(pid);
    expect(await withClient(redis.path, (client) => client.get('kept'))).toBe('yes');
  });

  it('says what to install where there is no program', () => {
    using folder = temporaryFolder();
    expect(() => findRedisProgram('', [])).toThrow(/apt-get install redis-server.*brew install redis/);
    expect(() => findRedisProgram(folder.path, [])).toThrow(expect.objectContaining({ code: 'config.invalid' }) as Error);
  });

  it('says what Redis wrote when it cannot start, and gives the data free again', async () => {
    using folder = temporaryFolder();
    using bin = temporaryFolder();
    writeFileSync(join(bin.path, 'redis-server'), '#!/bin/sh\necho "Fatal: no room"\nexit 1\n', { mode: 0o755 });
    await expect(startPrivateRedis({ data: folder.path, log: quietLog, path: bin.path })).rejects.toThrow(/Fatal: no room/);
    await start(folder.path);
  });
});

describe('the lock of a data folder', () => {
  it('is taken over from a process that is dead, and from a pid used again by another', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'fixpoint.lock');
    for (const left of ['', 'rubbish', '{"pid":999999999}', `{"pid":${process.ppid},"started":"long ago"}`]) {
      writeFileSync(file, left);
      const lock = lockData(folder.path);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
      lock.release();
      expect(() => statSync(file)).toThrow();
    }
  });

  it('is refused while its process lives', () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'fixpoint.lock'), JSON.stringify({ pid: process.ppid }));
    const details = { pid: process.ppid, data: folder.path };
    expect(() => lockData(folder.path)).toThrow(expect.objectContaining({ code: 'config.invalid', details }) as Error);
  });
});
