import { describe } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { start } from './harness.ts';
import { law } from './records.ts';
import { storeContract } from './store-contract.ts';

describe('the store in memory', () => {
  storeContract({
    async open(limits) {
      const clock = manualClock(start);
      const store = memoryStore({ clock, law, ...(limits === undefined ? {} : { limits }) });
      return { store, other: store, now: () => clock.now(), advance: (ms) => clock.advance(ms), setTime: (ms) => clock.set(ms) };
    },
  });
});
