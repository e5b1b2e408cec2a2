import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisQueue } from '../../../src/adapters/redis/redis-queue.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { quietLog } from '../quiet-log.ts';
import { queueContract, type Work } from './queue-contract.ts';

describe('the queue in Redis', () => {
  let server: RedisServer;
  let links: readonly RedisLink[] = [];
  let opened = 0;
  const queues: Queue<Work>[] = [];

  beforeAll(async () => {
    server = await startRedis();
    links = [0, 1].map(() => new RedisLink({ url: server.url, log: quietLog }));
  });

  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
  });

  afterAll(async () => {
    for (const link of links) await link.close();
    await server.stop();
  });

  function openQueues(clock: Clock): { queue: Queue<Work>; other: Queue<Work> } {
    opened += 1;
    const name = `test${opened}`;
    const [queue, other] = links.map((link) => redisQueue<Work>({ name, link, url: server.url, log: quietLog, clock }));
    if (queue === undefined || other === undefined) throw new Error('two links are open');
    queues.push(queue, other);
    return { queue, other };
  }

  queueContract(async () => ({
    ...openQueues(systemClock()),
    now: () => Date.now(),
    async until(condition) {
      await waitUntil(condition, { describe: 'the condition comes true', timeoutMs: 20_000 });
    },
  }));

  it('lets a normal message that has waited half a minute go before newer critical ones', async () => {
    const time = { ahead: 0 };
    const clock = { ...systemClock(), now: () => Date.now() + time.ahead };
    const { queue } = openQueues(clock);
    const seen: string[] = [];
    await queue.add({ id: 'n', data: { name: 'n' } });
    time.ahead = 20_000;
    await queue.add({ id: 'c1', data: { name: 'c1' }, urgency: 'critical' });
    time.ahead = 40_000;
    await queue.add({ id: 'c2', data: { name: 'c2' }, urgency: 'critical' });
    queue.consume({ concurrency: 1, handler: async ({ name }) => void seen.push(name) });
    await waitUntil(() => seen.length === 3, { describe: 'all messages are handled' });
    expect(seen).toEqual(['c1', 'n', 'c2']);
  });

  it('tells a handler that has lost its message', async () => {
    const { queue } = openQueues(systemClock());
    let reason: unknown;
    let hasBegun = false;
    const handler = (_data: Work, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        hasBegun = true;
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(new Error('lost'));
        });
      });
    queue.consume({ concurrency: 1, handler });
    await queue.add({ id: 'a', data: { name: 'a' } });
    await waitUntil(() => hasBegun, { describe: 'the message is in hand' });
    await links[0]?.client.set(`{fixpoint}:queue:test${opened}:ma:lock`, 'another worker');
    await waitUntil(() => reason, { describe: 'the handler is told' });
    expect(reason).toBeDefined();
  });

  it('keeps nothing of what is done', async () => {
    const { queue } = openQueues(systemClock());
    let done = 0;
    await queue.addAll(Array.from({ length: 50 }, (_, index) => ({ id: `w-${index}`, data: { name: 'w' } })));
    queue.consume({ concurrency: 5, handler: async () => void (done += 1) });
    await waitUntil(async () => done === 50 && (await queue.depth()).active === 0, { describe: 'all messages are handled' });
    const keys = (await links[0]?.client.keys(`{fixpoint}:queue:test${opened}:*`)) ?? [];
    expect(keys.filter((key) => /:m/.test(key.replace(/:(meta|marker)$/, '')))).toEqual([]);
    expect(keys.every((key) => key.startsWith('{fixpoint}:queue:'))).toBe(true);
  });
});
