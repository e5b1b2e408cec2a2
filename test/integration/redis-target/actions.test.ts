import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyOf, planOf, settledOf } from '../../support/actions/world.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { failureOf } from '../http/connected.ts';
import { contextOver, standalone, targetsOf } from './targets.ts';

let server: RedisServer;
let client: Redis;
beforeEach(async () => {
  server = await startRedis();
  client = new Redis(server.url);
});
afterEach(async () => {
  client.disconnect();
  await server.stop();
});

describe('redis.config', () => {
  const set = { 'maxmemory': '100mb', 'maxmemory-policy': 'allkeys-lru', 'maxclients': 5000, 'save': '900 1' };

  it('sets what it planned, once, and its inverse brings back what was there', async () => {
    const { context, permits } = contextOver(targetsOf(standalone(server)));
    const plan = await planOf('redis.config', { connection: 'cache', set }, context);
    expect(plan.changes).toEqual([
      { what: 'maxmemory-policy', from: 'noeviction', to: 'allkeys-lru' },
      { what: 'maxmemory', from: '0', to: '100mb' },
      { what: 'maxclients', from: expect.stringMatching(/^\d+$/) as string, to: '5000' },
      { what: 'save', from: '', to: '900 1' },
    ]);
    await applyOf('redis.config', plan.intent, context);
    await applyOf('redis.config', plan.intent, context);
    expect(permits).toHaveLength(4);
    expect(await settledOf('redis.config', plan, context)).toEqual({ settled: true });
    expect(await client.config('GET', 'maxmemory')).toEqual(['maxmemory', String(100 * 1024 * 1024)]);
    expect((await planOf('redis.config', { connection: 'cache', set }, context)).changes).toEqual([]);
    const back = await planOf('redis.config', plan.inverse?.with ?? null, context);
    // The undo engine finds its way by these texts.
    expect(back.changes).toEqual(plan.changes.map(({ what, from, to }) => ({ what, from: to, to: from })));
    await applyOf('redis.config', back.intent, context);
    expect(await client.config('GET', 'maxmemory')).toEqual(['maxmemory', '0']);
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  });

  it('a setting that someone else changed is left alone, and so are the others', async () => {
    const { context, permits } = contextOver(targetsOf(standalone(server)));
    const { intent } = await planOf('redis.config', { connection: 'cache', set }, context);
    await client.config('SET', 'maxclients', '777');
    expect(await failureOf(applyOf('redis.config', intent, context))).toMatchObject({
      code: 'target.changed',
      message: expect.stringContaining('"777"') as string,
    });
    expect(permits).toEqual([]);
  });

  it('says when the new bound is below what is stored', async () => {
    const { context } = contextOver(targetsOf(standalone(server)));
    const { notes } = await planOf('redis.config', { connection: 'cache', set: { maxmemory: '100kb' } }, context);
    expect(notes?.join()).toContain('more than 100kb: it will evict keys or refuse writes');
  });

  it('an append-only file is written before it has settled', async () => {
    const { context } = contextOver(targetsOf(standalone(server)));
    const { intent } = await planOf('redis.config', { connection: 'cache', set: { appendonly: 'yes' } }, context);
    await applyOf('redis.config', intent, context);
    await waitUntil(async () => (await settledOf('redis.config', { intent }, context)).settled === true, {
      describe: () => 'the file is written',
    });
    expect(await client.info('persistence')).toContain('aof_enabled:1');
  });
});

describe('redis.info', () => {
  it('tells the chosen fields of every node, numbers as numbers', async () => {
    const { context } = contextOver(targetsOf(standalone(server)));
    const { output } = await planOf('redis.info', { connection: 'cache', fields: ['maxmemory', 'maxmemory_policy', 'nothing'] }, context);
    expect(output).toEqual({
      kind: 'standalone',
      masters: 1,
      replicas: 0,
      nodes: [{ node: `127.0.0.1:${server.port}`, role: 'master', maxmemory: 0, maxmemory_policy: 'noeviction' }],
    });
  });
});

describe('redis.flush', () => {
  it('empties the database of the connection and no other; an empty one has no plan', async () => {
    await client.mset('a', '1', 'b', '2');
    await client.select(1);
    await client.set('c', '3');
    const { context, permits } = contextOver(targetsOf(standalone(server)));
    const plan = await planOf('redis.flush', { connection: 'cache' }, context);
    expect(plan).toMatchObject({ changes: [{ what: 'keys of database 0', from: 2, to: 0 }] });
    expect(plan.inverse).toBeUndefined();
    await applyOf('redis.flush', plan.intent, context);
    expect(permits).toHaveLength(1);
    expect(await client.dbsize()).toBe(1);
    await client.select(0);
    expect(await client.dbsize()).toBe(0);
    expect((await planOf('redis.flush', { connection: 'cache' }, context)).changes).toEqual([]);
  });
});

describe('a plan for another database than the connection has by now', () => {
  it('is not applied', async () => {
    await client.mset('a', '1', 'b', '2');
    await client.select(1);
    await client.mset('a', '1', 'b', '2');
    const commands = [{ command: 'DEL', converges: true }];
    const { context: before } = contextOver(targetsOf(standalone(server), { commands }));
    const { context: after, permits } = contextOver(targetsOf(standalone(server), { commands, database: 1 }));
    for (const [action, params] of [
      ['redis.flush', { connection: 'cache' }],
      ['redis.command', { connection: 'cache', command: ['DEL', 'a'] }],
    ] as const) {
      const { intent } = await planOf(action, params, before);
      expect(await failureOf(applyOf(action, intent, after))).toMatchObject({
        code: 'target.changed',
        message: expect.stringContaining('database 1 now, and was planned for database 0') as string,
      });
    }
    expect([permits, await client.dbsize()]).toEqual([[], 2]);
  });
});

describe('redis.bgsave', () => {
  it('writes one snapshot, however often it is applied, and has settled when it is written', async () => {
    await client.set('a', '1');
    const { context, permits } = contextOver(targetsOf(standalone(server)));
    const { intent, changes } = await planOf('redis.bgsave', { connection: 'cache' }, context);
    expect(changes).toEqual([{ what: 'snapshot', from: expect.stringMatching(/^of 20/) as string, to: 'a new one' }]);
    expect((await settledOf('redis.bgsave', { intent }, context)).settled).toBe(false);
    await applyOf('redis.bgsave', intent, context);
    await waitUntil(async () => (await settledOf('redis.bgsave', { intent }, context)).settled === true, {
      describe: () => 'the snapshot is written',
    });
    await applyOf('redis.bgsave', intent, context);
    expect(permits).toHaveLength(1);
    expect(/rdb_saves:(\d+)/.exec(await client.info('persistence'))?.[1]).toBe('1');
  });

  it('one that cannot be written has failed', async () => {
    await client.set('a', '1');
    const { context } = contextOver(targetsOf(standalone(server)));
    const { intent } = await planOf('redis.bgsave', { connection: 'cache' }, context);
    // A folder stands where the file should be.
    const [, folder = ''] = await client.config('GET', 'dir');
    mkdirSync(join(folder, 'dump.rdb'));
    const output = await applyOf('redis.bgsave', intent, context);
    await waitUntil(async () => (await settledOf('redis.bgsave', { intent, output }, context)).settled === 'failed', {
      describe: () => 'it has failed',
    });
  });
});

describe('redis.bgsave after a snapshot that had failed', () => {
  it('has not failed before it has begun', async () => {
    await client.set('a', '1');
    const [, folder = ''] = await client.config('GET', 'dir');
    const file = join(folder, 'dump.rdb');
    mkdirSync(file);
    await client.bgsave();
    await waitUntil(async () => (await client.info('persistence')).includes('rdb_last_bgsave_status:err'), {
      describe: () => 'the first snapshot has failed',
    });
    rmSync(file, { recursive: true });
    const { context } = contextOver(targetsOf(standalone(server)));
    const { intent } = await planOf('redis.bgsave', { connection: 'cache' }, context);
    expect((await settledOf('redis.bgsave', { intent }, context)).settled).toBe(false);
    const output = await applyOf('redis.bgsave', intent, context);
    await waitUntil(
      async () => {
        const { settled } = await settledOf('redis.bgsave', { intent, output }, context);
        expect(settled).not.toBe('failed');
        return settled === true;
      },
      { describe: () => 'the snapshot is written' },
    );
  });
});

describe('redis.streamGroups', () => {
  it('tells what is pending and what lags', async () => {
    for (let entry = 0; entry < 5; entry++) await client.xadd('events:raw', '*', 'n', String(entry));
    await client.xgroup('CREATE', 'events:raw', 'screening', '0');
    await client.xreadgroup('GROUP', 'screening', 'one', 'COUNT', 2, 'STREAMS', 'events:raw', '>');
    const { context } = contextOver(targetsOf(standalone(server)));
    const { output } = await planOf('redis.streamGroups', { connection: 'cache', stream: 'events:raw' }, context);
    expect(output).toMatchObject({ length: 5, pending: 2, lag: 3, groups: [{ name: 'screening', consumers: 1, pending: 2, lag: 3 }] });
  });

  it('tells the oldest entries where it is asked to, and nothing of what they hold', async () => {
    for (let entry = 0; entry < 5; entry++) await client.xadd('events:raw', `${entry + 1}-0`, 'kind', 'message', 'text', 'geheim-7');
    await client.xgroup('CREATE', 'events:raw', 'screening', '0');
    const { context } = contextOver(targetsOf(standalone(server)));
    const { output } = await planOf('redis.streamGroups', { connection: 'cache', stream: 'events:raw', entries: 2 }, context);
    const fields = ['kind', 'text'];
    expect(output).toMatchObject({
      oldest: [
        { id: '1-0', fields },
        { id: '2-0', fields },
      ],
    });
    expect(JSON.stringify(output)).not.toContain('geheim-7');
  });

  it('what is no stream is missing', async () => {
    await client.set('plain', '1');
    const { context } = contextOver(targetsOf(standalone(server)));
    for (const stream of ['nothing', 'plain'])
      expect(await failureOf(planOf('redis.streamGroups', { connection: 'cache', stream }, context))).toMatchObject({
        code: 'target.missing',
      });
  });
});

describe('redis.command', () => {
  const commands = [
    { command: 'DEL', converges: true },
    { command: 'CLIENT KILL', converges: false },
  ];

  it('sends what the configuration allows', async () => {
    await client.set('a', '1');
    const { context } = contextOver(targetsOf(standalone(server), { commands }));
    const { intent, changes } = await planOf('redis.command', { connection: 'cache', command: ['del', 'a'], converges: true }, context);
    expect(changes).toEqual([{ what: '"del a"', from: 'not sent', to: 'sent' }]);
    expect(await applyOf('redis.command', intent, context)).toEqual({ answers: [{ node: `127.0.0.1:${server.port}`, answer: 1 }] });
  });

  it('tells no credentials of what it was answered', async () => {
    await client.hset('user:1', { name: 'anna', password: 'geheim-7', note: 'token=geheim-7' });
    await client.set('api-key:1', 'geheim-7');
    await client.config('SET', 'masterauth', 'geheim-7');
    const given = [
      { command: 'HGETALL', converges: true },
      { command: 'HMGET', converges: true },
      { command: 'GET', converges: true },
      { command: 'CONFIG GET', converges: true },
    ];
    const { context } = contextOver(targetsOf(standalone(server), { commands: given }));
    const answerOf = async (...command: string[]) => {
      const { intent } = await planOf('redis.command', { connection: 'cache', command }, context);
      const { answers } = (await applyOf('redis.command', intent, context)) as { answers: { answer: unknown }[] };
      return answers[0]?.answer;
    };
    expect(await answerOf('HGETALL', 'user:1')).toEqual(['name', 'anna', 'password', '(hidden)', 'note', 'token=(hidden)']);
    expect(await answerOf('HMGET', 'user:1', 'name', 'password')).toEqual(['(hidden)', '(hidden)']);
    expect(await answerOf('GET', 'api-key:1')).toBe('(hidden)');
    expect(await answerOf('CONFIG', 'GET', 'm*auth')).toEqual(['masterauth', '(hidden)']);
  });

  it.each([
    [{ command: ['FLUSHALL'] }, 'is not among the commands'],
    [{ command: ['CLIENT', 'LIST'] }, 'is not among the commands'],
    [{ command: ['CLIENT', 'KILL', 'TYPE', 'normal'], converges: true }, 'does not say that'],
  ])('%j is refused', async (params, message) => {
    const { context } = contextOver(targetsOf(standalone(server), { commands }));
    const error = await failureOf(planOf('redis.command', { connection: 'cache', ...params }, context));
    expect(error).toMatchObject({ code: 'redis.refused', message: expect.stringContaining(message) as string });
  });
});
