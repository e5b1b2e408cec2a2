import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { redisStore } from '../../../src/adapters/redis/redis-store.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { law } from '../../contract/store/records.ts';
import { ownRedis } from '../own-redis.ts';
import { action, seen, steps, type Step } from './store-steps.ts';

const start = 1_700_000_000_000;
const limits = { fullMembers: 50, absentTombstone: 40 };

describe('the store', () => {
  const server = ownRedis();

  it('in Redis does as the one in memory does, whatever comes in whatever order', async () => {
    await fc.assert(fc.asyncProperty(steps, compare), { numRuns: 200 });
  });

  async function compare(given: readonly Step[]): Promise<void> {
    const clock = manualClock(start);
    const memory = memoryStore({ clock, law, limits });
    const redis = redisStore({ ...server.open(), law, log: quietLog, limits, testTime: () => clock.now() });
    for (const step of given) {
      if (step.step === 'time') clock.set(clock.now() + step.by);
      const act = action(step, { start, now: clock.now() });
      expect(await act(redis)).toEqual(await act(memory));
    }
    expect(await seen(redis)).toEqual(await seen(memory));
    for (const due of [0, 100]) {
      clock.set(clock.now() + due);
      const ids = async (store: typeof redis) => ({
        runs: (await store.dueRuns(50)).map(({ id }) => id).toSorted(),
        incidents: (await store.dueIncidents(50)).toSorted(),
        closed: (await store.closeIncidents(50)).toSorted(),
      });
      expect(await ids(redis)).toEqual(await ids(memory));
    }
  }
});
