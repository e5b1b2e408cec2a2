import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { Keeper } from '../../../src/adapters/servers/keeper.ts';
import { startRedisServer } from '../../../src/adapters/servers/redis-server.ts';
import { startChild, type ChildProcess } from '../../support/child-process.ts';
import { isAlive } from '../../support/is-alive.ts';
import { serverProgram } from '../../support/server-program.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface Kept {
  readonly keeper: number;
  readonly folder: string;
  readonly redis: string;
  readonly postgres: { readonly host: string; readonly port: number; readonly database: string; readonly user: string };
  readonly missing: readonly string[];
}

describe('servers that must not outlive us', () => {
  let child: ChildProcess | undefined;

  afterEach(async () => {
    await child?.kill9();
  });

  async function keep(): Promise<Kept> {
    const program = fileURLToPath(new URL('stand-in-keeping.ts', import.meta.url));
    const started = startChild({ command: process.execPath, args: [program], env: process.env });
    child = started;
    const line = await waitUntil(() => /^\{.*\}$/m.exec(started.output())?.[0], { timeoutMs: 25_000, describe: () => started.output() });
    return JSON.parse(line) as Kept;
  }

  async function untilGone({ keeper, folder, redis, postgres }: Kept): Promise<void> {
    await waitUntil(async () => !isAlive(keeper) && !existsSync(folder), { describe: 'the keeper and its folder to go' });
    await waitUntil(async () => !(await isListening(Number(new URL(redis).port))) && !(await isListening(postgres.port)), {
      describe: 'the databases to be gone',
    });
  }

  it.each(['SIGKILL', 'SIGTERM'] as const)('are real databases, and end with us by %s', async (signal) => {
    const kept = await keep();
    expect(kept.missing).toEqual([]);
    const redis = new Redis(kept.redis, { retryStrategy: () => null });
    redis.on('error', () => undefined);
    expect(await redis.set('a', '1')).toBe('OK');
    redis.disconnect();
    const client = new Client(kept.postgres);
    client.on('error', () => undefined);
    await client.connect();
    expect((await client.query<{ n: number }>('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    // It stays connected: backends must go too.
    child?.signal(signal);
    await untilGone(kept);
    await client.end().catch(() => undefined);
  });

  it('end when their keeper is told to, and their deaths are known', async () => {
    const keeper = new Keeper();
    const url = await startRedisServer(keeper, { program: serverProgram('redis'), name: 'one' });
    const failing = await keeper.start({
      name: 'two',
      command: serverProgram('redis'),
      args: ['--port', 'no'],
      cwd: '/',
      endSignal: 'SIGKILL',
    });
    await waitUntil(() => failing.ended() !== undefined, { describe: 'the end of a server with a wrong argument' });
    expect(failing.lastLines()).toContain('port');
    await keeper.close();
    expect(await isListening(Number(new URL(url).port))).toBe(false);
    expect(existsSync(keeper.folder)).toBe(false);
  });

  it('say what could not be started', async () => {
    const keeper = new Keeper();
    const starting = keeper.start({ name: 'none', command: '/nowhere/redis-server', args: [], cwd: '/', endSignal: 'SIGKILL' });
    await expect(starting).rejects.toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringMatching(/nowhere.*ENOENT/) }) as Error,
    );
    await keeper.close();
    const late = keeper.start({ name: 'late', command: serverProgram('redis'), args: [], cwd: '/', endSignal: 'SIGKILL' });
    await expect(late).rejects.toThrow('the process that would keep it has ended');
  });

  it('are all ended where one of them could not even be tried', async () => {
    const keeper = new Keeper();
    const url = await startRedisServer(keeper, { program: serverProgram('redis'), name: 'one' });
    const starting = keeper.start({ name: 'no/where', command: 'redis-server', args: [], cwd: '/', endSignal: 'SIGKILL' });
    await expect(starting).rejects.toThrow('ENOENT');
    expect(await isListening(Number(new URL(url).port))).toBe(true);
    await keeper.close();
    expect(await isListening(Number(new URL(url).port))).toBe(false);
  });
});

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection({ host: '127.0.0.1', port }, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
