import { describe, expect, it } from 'vitest';
import { countedIds } from '../../../../src/adapters/clock/counted-ids.ts';
import { manualClock } from '../../../../src/adapters/clock/manual-clock.ts';
import { systemIds } from '../../../../src/adapters/clock/system-ids.ts';

describe.each([
  ['of the system', () => systemIds(manualClock())],
  ['that are counted', () => countedIds()],
])('ids %s', (_name, make) => {
  it('are letters and digits, never all digits, and sort in the order of their making', () => {
    const ids = make();
    const made = Array.from({ length: 3000 }, () => ids.next());
    expect(made.filter((id) => !/^[a-z0-9]*[a-z][a-z0-9]*$/.test(id))).toEqual([]);
    expect(new Set(made).size).toBe(3000);
    expect(made.toSorted()).toEqual(made);
  });
});

describe('ids of the system', () => {
  it('sort by time, also when the clock is set back, and differ between processes', async () => {
    const clock = manualClock();
    const ids = systemIds(clock);
    const first = ids.next();
    await clock.advance(1);
    const second = ids.next();
    clock.set(clock.now() - 10_000);
    const third = ids.next();
    expect([third, first, second].toSorted()).toEqual([first, second, third]);
    expect(systemIds(manualClock()).next()).not.toBe(systemIds(manualClock()).next());
  });
});
