import { describe, expect, it } from 'vitest';
import { ManualClock, realClock } from '../../../src/sandbox/clock.ts';

describe('the manual clock', () => {
  it('runs callbacks in order of time, also those set on the way, at their own time', () => {
    const clock = new ManualClock(0);
    const ran: [string, number][] = [];
    clock.schedule(20, () => ran.push(['later', clock.now()]));
    clock.schedule(10, () => {
      ran.push(['first', clock.now()]);
      clock.schedule(5, () => ran.push(['between', clock.now()]));
    });
    clock.schedule(10, () => ran.push(['second', clock.now()]));
    clock.schedule(15, () => ran.push(['cancelled', clock.now()])).cancel();
    expect(clock.nextAt()).toBe(10);
    clock.advance(20);
    expect(ran).toEqual([
      ['first', 10],
      ['second', 10],
      ['between', 15],
      ['later', 20],
    ]);
    expect(clock.now()).toBe(20);
  });
});

describe('the real clock', () => {
  it('runs as many times faster as asked', async () => {
    const clock = realClock(1_000);
    const startedAt = clock.now();
    const ran = await new Promise<number>((resolve) => {
      clock.schedule(5_000, () => resolve(clock.now()));
      setTimeout(() => resolve(Number.NaN), 5_000).unref();
    });
    expect(ran - startedAt).toBeGreaterThanOrEqual(4_000);
  });

  it('refuses a speed that is no speed', () => {
    expect(() => realClock(0)).toThrow(RangeError);
  });
});
