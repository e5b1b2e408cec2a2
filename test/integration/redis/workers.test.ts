import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisLedger } from '../../../src/adapters/redis/redis-ledger.ts';
import { redisQueue } from '../../../src/adapters/redis/redis-queue.ts';
import { redisStore } from '../../../src/adapters/redis/redis-store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { batch, claimed, entry, firing, inPhase, law, openWithRun, runOf } from '../../contract/store/records.ts';
import { startChild } from '../../support/child-process.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

const consumer = fileURLToPath(new URL('queue-consumer.ts', import.meta.url));

describe('several workers on one Redis', () => {
  let server: RedisServer;
  let links: readonly RedisLink[] = [];
  let stores: readonly Store[] = [];

  beforeAll(async () => {
    server = await startRedis();
    links = Array.from({ length: 4 }, () => new RedisLink({ url: server.url, log: quietLog }));
    stores = links.map((link) => redisStore({ link, url: server.url, law, log: quietLog }));
  });

  afterAll(async () => {
    for (const store of stores) await store.close();
    for (const link of links) await link.close();
    await server.stop();
  });

  function storeOf(index: number): Store {
    const store = stores[index];
    if (store === undefined) throw new Error('four stores are open');
    return store;
  }

  it('one of them gets a run, and when it stalls the next has a higher fence and the first is refused', async () => {
    const { run } = await openWithRun(storeOf(0));
    const claims = await Promise.all(stores.map((store, index) => store.claim(run.id, `worker ${index}`, 200)));
    expect(claims.map(({ outcome }) => outcome).toSorted()).toEqual(['claimed', 'held', 'held', 'held']);
    const first = claims.findIndex(({ outcome }) => outcome === 'claimed');
    const stale = claims[first];
    const next = await waitUntil(
      async () => {
        const claim = await storeOf((first + 1) % 4).claim(run.id, 'next', 10_000);
        return claim.outcome === 'claimed' ? claim : undefined;
      },
      { describe: 'the lease of the first is over' },
    );
    if (stale?.outcome !== 'claimed') throw new Error('one worker has claimed the run');
    expect(next.fence).toBeGreaterThan(stale.fence);
    const commit = { run: inPhase(run, 'planning'), entries: [] };
    expect(await storeOf(first).commit({ ...commit, fence: stale.fence })).toEqual({ outcome: 'stale' });
    expect(await storeOf((first + 1) % 4).commit({ ...commit, fence: next.fence })).toMatchObject({ outcome: 'committed', sequence: 1 });
  });

  it('fences only ever grow, across runs and workers', async () => {
    const runs = Array.from({ length: 40 }, (_, index) => runOf(`fence${index}-1`));
    await storeOf(0).createRuns(runs.map((run) => ({ run, entries: [] })));
    const [first, ...rest] = runs;
    const fences = await Promise.all(rest.map(({ id }, index) => claimed(storeOf(index % 4), id)));
    expect(new Set(fences).size).toBe(39);
    expect(await claimed(storeOf(0), first?.id ?? '')).toBeGreaterThan(Math.max(...fences));
  });

  it('open one incident and one run for alerts that arrive everywhere at once', async () => {
    const subject = 'redis/everywhere';
    const outcomes = await Promise.all(
      Array.from(
        { length: 40 },
        async (_, index) => (await storeOf(index % 4).intake(batch([entry(firing(`e${index}`), { subject })]))).outcomes[0],
      ),
    );
    expect(new Set(outcomes.map((one) => one?.incident)).size).toBe(1);
    expect(outcomes.filter((one) => one?.outcome === 'opened')).toHaveLength(1);
    const id = outcomes[0]?.incident ?? '';
    const created = await Promise.all(stores.map((store) => store.createRuns([{ run: runOf(`${id}-1`, { subject }), entries: [] }])));
    expect(created.flat()).toEqual([`${id}-1`]);
    expect(await storeOf(0).incident(id)).toMatchObject({ firing: 40, attempt: 1 });
  });

  it('all keys are in one slot of a Redis Cluster', async () => {
    const [link] = links;
    if (link === undefined) throw new Error('four links are open');
    await redisLedger({ link }).acquire({ run: 'a', fence: 1, claims: [{ kind: 'lock', key: '{other}', lease: 1000 }] });
    await redisQueue({ name: 'slot', link, url: server.url, log: quietLog, clock: systemClock() }).add({ id: 'a', data: {} });
    const keys = await link.client.keys('*');
    expect(keys.length).toBeGreaterThan(20);
    // The first braces of a key decide on its slot.
    expect(keys.filter((key) => !key.startsWith('{fixpoint}:'))).toEqual([]);
  });

  it('a message whose worker is killed comes to another', { timeout: 40_000 }, async () => {
    const [link] = links;
    if (link === undefined) throw new Error('four links are open');
    const queue = redisQueue<{ name: string }>({ name: 'killed', link, url: server.url, log: quietLog, clock: systemClock() });
    await queue.add({ id: 'a', data: { name: 'a' } });
    const child = startChild({ command: process.execPath, args: [consumer, server.url, 'killed'] });
    await waitUntil(() => child.output().includes('a'), { describe: 'the first worker has it' });
    const seen: string[] = [];
    queue.consume({ concurrency: 1, handler: async ({ name }) => void seen.push(name) });
    await child.kill9();
    const began = performance.now();
    await waitUntil(() => seen.length > 0, { describe: 'the second worker has it', timeoutMs: 20_000 });
    expect(performance.now() - began).toBeLessThan(12_000);
    expect(seen).toEqual(['a']);
    await queue.close();
  });
});
