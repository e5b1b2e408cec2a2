import { afterEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryQueue } from '../../../src/adapters/memory/memory-queue.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import { queueContract, type Work } from './queue-contract.ts';

const stepMs = 50;
const mostSteps = 10_000;

describe('the queue in memory', () => {
  const queues: Queue<Work>[] = [];

  afterEach(async () => {
    for (const queue of queues.splice(0)) await queue.close();
  });

  queueContract(async () => {
    const clock = manualClock();
    const queue = memoryQueue<Work>(clock);
    queues.push(queue);
    async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
      for (let step = 0; step < mostSteps; step += 1) {
        if (await condition()) return;
        await clock.advance(stepMs);
      }
      throw new Error('the condition did not come true');
    }
    return { queue, other: queue, until, now: () => clock.now() };
  });

  it('lets a normal message that has waited half a minute go before newer critical ones', async () => {
    const clock = manualClock();
    const queue = memoryQueue<Work>(clock);
    const seen: string[] = [];
    await queue.add({ id: 'n', data: { name: 'n' } });
    await clock.advance(20_000);
    await queue.add({ id: 'c1', data: { name: 'c1' }, urgency: 'critical' });
    await clock.advance(20_000);
    await queue.add({ id: 'c2', data: { name: 'c2' }, urgency: 'critical' });
    const consumer = queue.consume({ concurrency: 1, handler: async ({ name }) => void seen.push(name) });
    await clock.advance(0);
    expect(seen).toEqual(['c1', 'n', 'c2']);
    await consumer.close(0);
  });
});
