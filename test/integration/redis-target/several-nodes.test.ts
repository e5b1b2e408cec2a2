import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { applyOf, planOf } from '../../support/actions/world.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinel } from '../../support/redis-sentinel.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { failureOf } from '../http/connected.ts';
import { contextOver, targetsOf } from './targets.ts';

describe('a cluster', () => {
  it('is changed on every node, flushed on every master, and told plainly where only some were', async () => {
    await using cluster = await startRedisCluster();
    const targets = targetsOf(
      { kind: 'cluster', addresses: cluster.addresses },
      {
        timeout: 1500,
        commands: [
          { command: 'DEL', converges: true },
          { command: 'MEMORY PURGE', converges: true },
        ],
      },
    );
    const { context } = contextOver(targets);
    const at = async <T>(index: number, ask: (node: Redis) => Promise<T>): Promise<T> => {
      const node = new Redis(cluster.masters[index]?.url ?? '');
      try {
        return await ask(node);
      } finally {
        node.disconnect();
      }
    };

    const plan = await planOf('redis.config', { connection: 'cache', set: { maxmemory: '64mb' } }, context);
    expect(plan.changes).toEqual([{ what: 'maxmemory', from: '0', to: '64mb' }]);
    for (const address of cluster.addresses) expect(plan.notes?.join()).toContain(address);
    expect(plan.inverse).toEqual({ action: 'redis.config', with: { connection: 'cache', set: { maxmemory: '0' } } });
    await applyOf('redis.config', plan.intent, context);
    for (const index of [0, 1, 2])
      expect(await at(index, (node) => node.config('GET', 'maxmemory'))).toEqual(['maxmemory', String(64 * 1024 * 1024)]);

    await at(1, (node) => node.config('SET', 'maxmemory', '0'));
    const uneven = await planOf('redis.config', { connection: 'cache', set: { maxmemory: '32mb' } }, context);
    expect(uneven.changes.map(({ what }) => what).toSorted()).toEqual(
      cluster.addresses.map((address) => `maxmemory on ${address}`).toSorted(),
    );
    expect(uneven.inverse).toBeUndefined();
    expect(uneven.notes?.join()).toContain('there is no way back by itself');

    // `foo` is in slot 12182 (the third master), `bar` in 5061 (the first).
    await at(2, (node) => node.set('foo', '1'));
    await at(0, (node) => node.set('bar', '1'));
    const deletion = await planOf('redis.command', { connection: 'cache', command: ['DEL', 'foo'] }, context);
    expect(deletion.changes).toEqual([{ what: `"DEL foo" on ${cluster.addresses[2]}`, from: 'not sent', to: 'sent' }]);
    expect(await failureOf(planOf('redis.command', { connection: 'cache', command: ['DEL', 'foo', 'bar'] }, context))).toMatchObject({
      code: 'target.ambiguous',
    });
    expect(await failureOf(planOf('redis.command', { connection: 'cache', command: ['MEMORY', 'PURGE'] }, context))).toMatchObject({
      code: 'target.ambiguous',
    });
    const everywhere = await planOf('redis.command', { connection: 'cache', command: ['MEMORY', 'PURGE'], on: 'masters' }, context);
    expect(everywhere.changes).toHaveLength(3);

    const flush = await planOf('redis.flush', { connection: 'cache' }, context);
    expect(flush.changes).toHaveLength(2);
    // The second one refuses: a person is told which is empty and which is not.
    const second = flush.changes[1]?.what.replace('keys of database 0 on ', '') ?? '';
    const first = flush.changes[0]?.what.replace('keys of database 0 on ', '') ?? '';
    const bad = cluster.addresses.indexOf(second);
    await at(bad, (node) => node.call('ACL', 'SETUSER', 'default', '-flushdb'));
    const error = await failureOf(applyOf('redis.flush', flush.intent, context));
    expect(error).toMatchObject({ code: 'redis.partial', retryable: false });
    expect(error.message).toContain(`done on ${first}; not on ${second}`);
    expect(await at(bad, (node) => node.dbsize())).toBe(1);
    expect(await at(cluster.addresses.indexOf(first), (node) => node.dbsize())).toBe(0);

    await at(bad, (node) => node.call('ACL', 'SETUSER', 'default', '+flushdb'));
    const rest = await planOf('redis.flush', { connection: 'cache' }, context);
    await applyOf('redis.flush', rest.intent, context);
    for (const index of [0, 1, 2]) expect(await at(index, (node) => node.dbsize())).toBe(0);

    await cluster.masters[0]?.kill9();
    expect(await failureOf(applyOf('redis.config', uneven.intent, context))).toMatchObject({ code: 'redis.unavailable' });
    expect(await at(2, (node) => node.config('GET', 'maxmemory'))).toEqual(['maxmemory', String(64 * 1024 * 1024)]);
  });
});

describe('a set under Sentinel', () => {
  it('has its settings changed on the replica too, and is flushed at the master', async () => {
    await using set = await startRedisSentinel();
    const { context } = contextOver(targetsOf({ kind: 'sentinel', addresses: [set.address], master: 'main' }));
    const plan = await planOf('redis.config', { connection: 'cache', set: { maxclients: 4000 } }, context);
    await applyOf('redis.config', plan.intent, context);
    const replica = new Redis(set.replica.url);
    const master = new Redis(set.master.url);
    try {
      expect(await replica.config('GET', 'maxclients')).toEqual(['maxclients', '4000']);
      expect(await master.config('GET', 'maxclients')).toEqual(['maxclients', '4000']);
      await master.set('a', '1');
      await waitUntil(async () => (await replica.dbsize()) === 1, { describe: () => 'the replica has the key' });
      const flush = await planOf('redis.flush', { connection: 'cache' }, context);
      expect(flush.changes).toEqual([{ what: `keys of database 0 on 127.0.0.1:${set.master.port}`, from: 1, to: 0 }]);
      await applyOf('redis.flush', flush.intent, context);
      await waitUntil(async () => (await replica.dbsize()) === 0, { describe: () => 'the replica is empty' });
    } finally {
      replica.disconnect();
      master.disconnect();
    }
  });
});
