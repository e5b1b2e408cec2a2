import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ownIdentity } from '../../../src/adapters/redis/own-identity.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { startRedis } from '../../support/redis.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinel } from '../../support/redis-sentinel.ts';
import { failureOf } from '../http/connected.ts';
import { signal, standalone, targetsOf } from './targets.ts';

describe('a single server', () => {
  it('is the one node, found with its credentials', async () => {
    await using server = await startRedis({ args: ['--requirepass', 'open sesame'] });
    const targets = targetsOf(standalone(server), { password: 'open sesame', database: 3 });
    expect(await targets.deployment('cache', signal())).toEqual({
      kind: 'standalone',
      nodes: [{ address: `127.0.0.1:${server.port}`, role: 'master', slots: [] }],
      database: 3,
    });
  });

  it.each([['geheim-7'], [undefined]])('a credential that is wrong (%s) is refused, and not shown', async (password) => {
    await using server = await startRedis({ args: ['--requirepass', 'open sesame'] });
    const error = await failureOf(targetsOf(standalone(server), password === undefined ? {} : { password }).deployment('cache', signal()));
    expect(error.code).toBe('redis.refused');
    expect(inspect(error, { depth: 20 })).not.toContain('geheim-7');
  });

  it('one that is a replica is refused', async () => {
    await using master = await startRedis();
    await using replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    expect(await failureOf(targetsOf(standalone(replica)).deployment('cache', signal()))).toMatchObject({
      code: 'redis.refused',
      message: expect.stringContaining('is a replica') as string,
    });
  });

  it('our own store is refused, and so is a replica of it', async () => {
    await using server = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
    const link = new RedisLink({ url: server.url, log: quietLog });
    const own = () => ownIdentity(link);
    const message = expect.stringContaining('the Redis that Fixpoint itself keeps its runs in') as string;
    expect(await failureOf(targetsOf(standalone(server), { own }).deployment('cache', signal()))).toMatchObject({
      code: 'redis.refused',
      message,
    });
    await using replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(server.port)] });
    const targets = targetsOf(standalone(replica), { own });
    const refusal = async () => (await failureOf(targets.deployment('cache', signal()))).message;
    await expect.poll(refusal, { timeout: 10_000 }).toEqual(message);
    await link.close();
  });

  it('where nobody can tell which is our own store, nothing is looked at', async () => {
    await using server = await startRedis();
    const own = () => Promise.reject(new Error('away'));
    await expect(targetsOf(standalone(server), { own }).deployment('cache', signal())).rejects.toThrow('away');
  });

  it('one that is down, or comes back later, is unavailable until it is there', async () => {
    await using server = await startRedis();
    const targets = targetsOf(standalone(server));
    await targets.deployment('cache', signal());
    await server.kill9();
    expect(await failureOf(targets.deployment('cache', signal()))).toMatchObject({ code: 'redis.unavailable', retryable: true });
    await server.restart();
    expect((await targets.deployment('cache', signal())).nodes).toHaveLength(1);
  });

  it('one that is silent costs no more than the timeout, and one that is stopped by the caller ends at once', async () => {
    await using server = await startRedis();
    const targets = targetsOf(standalone(server), { timeout: 300 });
    await targets.deployment('cache', signal());
    server.freeze();
    expect(await failureOf(targets.deployment('cache', signal()))).toMatchObject({
      code: 'redis.unavailable',
      message: expect.stringContaining('no answer within 300 ms') as string,
    });
    const reason = new Error('the step is over');
    const stopped = new AbortController();
    const asking = targets.deployment('cache', stopped.signal);
    stopped.abort(reason);
    await expect(asking).rejects.toBe(reason);
    server.thaw();
    expect((await targets.deployment('cache', signal())).nodes).toHaveLength(1);
  });

  it('an answer that is longer than one may be is given up, and the next one comes', async () => {
    await using server = await startRedis();
    const targets = targetsOf(standalone(server), { timeout: 20_000 });
    const [node] = (await targets.deployment('cache', signal())).nodes;
    const place = { connection: 'cache', node: node?.address ?? '' };
    const writer = targets.writer(() => Promise.resolve());
    await writer.send({ ...place, command: ['SETRANGE', 'long', '40000000', 'x'] }, signal());
    expect(await failureOf(writer.send({ ...place, command: ['GET', 'long'] }, signal()))).toMatchObject({
      code: 'redis.unavailable',
      message: expect.stringContaining('the answer has more than 33554432 bytes') as string,
    });
    expect(await targets.read({ ...place, command: ['DBSIZE'] }, signal())).toBe(1);
  });

  it.each(['password', 'authorities'])('%s that could not be read are read anew', async (what) => {
    await using server = await startRedis();
    let reads = 0;
    const absent = () => {
      reads += 1;
      throw Object.assign(new Error('ENOENT: no such file'), { syscall: 'open' });
    };
    const lacking = what === 'password' ? { secret: absent } : { tls: { ca: 'ca.pem' }, readFile: absent };
    const targets = targetsOf(standalone(server), lacking);
    for (const expected of [1, 2]) {
      expect(await failureOf(targets.deployment('cache', signal()))).toMatchObject({ code: 'redis.unavailable' });
      expect(reads).toBe(expected);
    }
  });

  it('200 questions use one connection', async () => {
    await using server = await startRedis();
    const targets = targetsOf(standalone(server));
    const { nodes } = await targets.deployment('cache', signal());
    const node = nodes[0]?.address ?? '';
    await Promise.all(Array.from({ length: 200 }, () => targets.read({ connection: 'cache', node, command: ['DBSIZE'] }, signal())));
    const info = await targets.info({ connection: 'cache', node }, signal());
    // One by which the test learned that the server answers.
    expect(Number(info['total_connections_received'])).toBeLessThanOrEqual(3);
  });
});

describe('what is asked', () => {
  it.each([
    [['FLUSHALL']],
    [['CONFIG', 'SET', 'maxmemory', '1']],
    [['config', 'rewrite']],
    [['CLUSTER', 'RESET']],
    [['EVAL', 'return 1', '0']],
    [[]],
  ])('the reader refuses %j', async (command) => {
    await using server = await startRedis();
    const targets = targetsOf(standalone(server));
    const { nodes } = await targets.deployment('cache', signal());
    expect(await failureOf(targets.read({ connection: 'cache', node: nodes[0]?.address ?? '', command }, signal()))).toMatchObject({
      code: 'redis.refused',
    });
  });

  it('goes to no address that is no node of it', async () => {
    await using server = await startRedis();
    await using other = await startRedis();
    const targets = targetsOf(standalone(server), { password: 'geheim-7' });
    const asked = targets.read({ connection: 'cache', node: `127.0.0.1:${other.port}`, command: ['PING'] }, signal());
    expect(await failureOf(asked)).toMatchObject({ code: 'redis.refused' });
  });

  it('a writer that is not permitted sends nothing', async () => {
    await using server = await startRedis();
    const targets = targetsOf(standalone(server));
    const { nodes } = await targets.deployment('cache', signal());
    const asked: number[] = [];
    const writer = targets.writer((neededMs) => {
      asked.push(neededMs);
      return Promise.reject(new Error('paused'));
    });
    const node = nodes[0]?.address ?? '';
    await expect(writer.send({ connection: 'cache', node, command: ['CONFIG', 'SET', 'maxclients', '77'] }, signal())).rejects.toThrow(
      'paused',
    );
    expect(asked).toEqual([2000]);
    expect(await targets.read({ connection: 'cache', node, command: ['CONFIG', 'GET', 'maxclients'] }, signal())).not.toContain('77');
  });

  it('the error of a command does not repeat what was sent', async () => {
    await using server = await startRedis();
    const targets = targetsOf(standalone(server));
    const { nodes } = await targets.deployment('cache', signal());
    const writer = targets.writer(() => Promise.resolve());
    const sent = writer.send({ connection: 'cache', node: nodes[0]?.address ?? '', command: ['NOSUCH', 'geheim-7'] }, signal());
    const error = await failureOf(sent);
    expect(error.code).toBe('redis.refused');
    expect(inspect(error, { depth: 20 })).not.toContain('geheim-7');
  });

  it('a name that nobody declared has no target', async () => {
    expect(await failureOf(targetsOf(standalone({ port: 1 })).deployment('other', signal()))).toMatchObject({ code: 'target.missing' });
  });
});

describe('a cluster', () => {
  it('is all of its nodes, with their slots, from any seed; one node away and it is refused', async () => {
    await using cluster = await startRedisCluster();
    const targets = targetsOf({ kind: 'cluster', addresses: ['127.0.0.1:1', cluster.addresses[1] ?? ''] }, { timeout: 1000 });
    const { kind, nodes } = await targets.deployment('cache', signal());
    expect(kind).toBe('cluster');
    expect(nodes.map(({ address }) => address).toSorted()).toEqual(cluster.addresses.toSorted());
    expect(nodes.every(({ role }) => role === 'master')).toBe(true);
    expect(nodes.flatMap(({ slots }) => slots).reduce((sum, [from, to]) => sum + to - from + 1, 0)).toBe(16_384);
    await cluster.masters[2]?.kill9();
    expect(await failureOf(targets.deployment('cache', signal()))).toMatchObject({ code: 'redis.unavailable', retryable: true });
  });
});

describe('a set under Sentinel', () => {
  it('is the master and its replicas; with the replica away it is refused', async () => {
    await using set = await startRedisSentinel();
    const targets = targetsOf({ kind: 'sentinel', addresses: [set.address], master: 'main' }, { timeout: 1000 });
    const { nodes } = await targets.deployment('cache', signal());
    expect(nodes.map(({ address, role }) => [address, role])).toEqual([
      [`127.0.0.1:${set.master.port}`, 'master'],
      [`127.0.0.1:${set.replica.port}`, 'replica'],
    ]);
    await set.replica.kill9();
    expect(await failureOf(targets.deployment('cache', signal()))).toMatchObject({ code: 'redis.unavailable' });
    const unknown = targetsOf({ kind: 'sentinel', addresses: [set.address], master: 'other' });
    expect(await failureOf(unknown.deployment('cache', signal()))).toMatchObject({ code: 'redis.failed' });
  });
});
