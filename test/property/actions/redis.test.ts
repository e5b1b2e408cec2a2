import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/value/json.ts';
import { FakeRedis } from '../../support/actions/fake-redis.ts';
import { wasKilled } from '../../support/actions/was-killed.ts';
import { applyOf, contextOf, planOf, settledOf } from '../../support/actions/world.ts';

const policy = fc.constantFrom('noeviction', 'allkeys-lru', 'allkeys-lfu', 'volatile-ttl');
const size = fc.constantFrom('0', '1gb', '2gb', '512mb', '100kb', '777', 1024);
const settings = fc
  .record(
    {
      'maxmemory': size,
      'maxmemory-policy': policy,
      'maxclients': fc.integer({ min: 10, max: 100 }),
      'save': fc.constantFrom('', '900 1'),
    },
    { requiredKeys: [] },
  )
  .filter((set) => Object.keys(set).length > 0);
const addresses = fc.constantFrom(['a:1'], ['a:1', 'b:1', 'c:1']);
const crash = fc.record({ request: fc.integer({ min: 1, max: 30 }), when: fc.constantFrom('before' as const, 'after' as const) });

/** A Redis with some settings, each node with the same. */
function redisWith(nodes: readonly string[], before: object): FakeRedis {
  const redis = new FakeRedis(nodes);
  for (const [name, value] of Object.entries(before)) if (name !== 'maxmemory') redis.change(name, String(value));
  return redis;
}

/** How many settings of nodes are to be set. */
const openIn = (intent: Json): number => (intent as { changes: unknown[] }).changes.length;

describe('redis.config', () => {
  it('a node that was replaced does not keep the others from going back', async () => {
    const redis = new FakeRedis(['a:1', 'b:1', 'c:1']);
    const context = contextOf({ redis });
    const plan = await planOf('redis.config', { connection: 'cache', set: { maxclients: 50 } }, context);
    await applyOf('redis.config', plan.intent, context);
    const left = redis.nodes.get('b:1')?.settings ?? new Map<string, string>();
    redis.nodes.delete('b:1');
    redis.nodes.set('d:1', { settings: left, savedAt: 900, saves: 0, keys: 0 });
    const back = await planOf('redis.config', plan.inverse?.with ?? null, context);
    expect(back.changes).toEqual(plan.changes.map(({ what, from, to }) => ({ what, from: to, to: from })));
    expect(openIn(back.intent)).toBe(3);
  });

  it('applied again changes nothing more, and its inverse restores every node', async () => {
    const again = fc.asyncProperty(addresses, settings, settings, async (nodes, before, set) => {
      const redis = redisWith(nodes, before);
      const context = contextOf({ redis });
      const untouched = redis.snapshot();
      const { intent, changes, inverse } = await planOf('redis.config', { connection: 'cache', set }, context);
      await applyOf('redis.config', intent, context);
      const applied = redis.snapshot();
      const sent = redis.sent.length;
      expect(sent).toBe(openIn(intent));
      await applyOf('redis.config', intent, context);
      expect(redis.sent).toHaveLength(sent);
      expect(redis.snapshot()).toBe(applied);
      expect(await settledOf('redis.config', { intent }, context)).toEqual({ settled: true });
      expect((await planOf('redis.config', { connection: 'cache', set }, context)).changes).toEqual([]);
      if (changes.length === 0) return;
      const back = await planOf('redis.config', inverse?.with ?? null, context);
      expect(back.changes.map(({ what, from, to }) => ({ what, from: to, to: from }))).toEqual(changes);
      await applyOf('redis.config', back.intent, context);
      expect(redis.snapshot()).toBe(untouched);
    });
    await fc.assert(again, { numRuns: 200 });
  });

  it('killed around any request and applied again is where it should be, each setting sent once', async () => {
    let deaths = 0;
    const killed = fc.asyncProperty(addresses, settings, crash, async (nodes, set, dies) => {
      const redis = new FakeRedis(nodes);
      const context = contextOf({ redis });
      const { intent } = await planOf('redis.config', { connection: 'cache', set }, context);
      redis.mortal.crash = { ...dies, request: redis.mortal.requests + dies.request };
      if (await wasKilled(applyOf('redis.config', intent, context))) deaths += 1;
      redis.mortal.crash = undefined;
      await applyOf('redis.config', intent, context);
      expect(redis.sent).toHaveLength(openIn(intent));
      expect((await planOf('redis.config', { connection: 'cache', set }, context)).changes).toEqual([]);
    });
    await fc.assert(killed, { numRuns: 200 });
    expect(deaths).toBeGreaterThan(50);
  });

  it('respects what someone else has set meanwhile, on every node', async () => {
    const foreign = fc.asyncProperty(addresses, settings, async (nodes, set) => {
      const redis = new FakeRedis(nodes);
      const context = contextOf({ redis });
      const { intent, changes } = await planOf('redis.config', { connection: 'cache', set }, context);
      fc.pre(changes.length > 0);
      const [name = ''] = (changes[0]?.what ?? '').split(' on ');
      redis.change(name, 'something else');
      const theirs = redis.snapshot();
      await expect(applyOf('redis.config', intent, context)).rejects.toMatchObject({ code: 'target.changed' });
      expect(redis.snapshot()).toBe(theirs);
    });
    await fc.assert(foreign, { numRuns: 100 });
  });
});

describe('redis.bgsave', () => {
  it('killed around any request and applied again has made one snapshot of each node', async () => {
    let deaths = 0;
    const killed = fc.asyncProperty(addresses, crash, async (nodes, dies) => {
      const redis = new FakeRedis(nodes);
      const context = contextOf({ redis });
      const { intent } = await planOf('redis.bgsave', { connection: 'cache' }, context);
      redis.mortal.crash = { ...dies, request: redis.mortal.requests + dies.request };
      if (await wasKilled(applyOf('redis.bgsave', intent, context))) deaths += 1;
      redis.mortal.crash = undefined;
      await applyOf('redis.bgsave', intent, context);
      expect([...redis.nodes.values()].map(({ saves }) => saves)).toEqual(nodes.map(() => 1));
      expect(await settledOf('redis.bgsave', { intent }, context)).toEqual({ settled: true });
    });
    await fc.assert(killed, { numRuns: 100 });
    expect(deaths).toBeGreaterThan(10);
  });
});

describe('a master that has become a replica since the plan', () => {
  it.each(['redis.bgsave', 'redis.flush'])('%s is not sent to anybody', async (action) => {
    const redis = new FakeRedis(['a:1', 'b:1', 'c:1']);
    const context = contextOf({ redis });
    const { intent } = await planOf(action, { connection: 'cache' }, context);
    redis.replicas.add('b:1');
    await expect(applyOf(action, intent, context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(redis.sent).toEqual([]);
  });
});
