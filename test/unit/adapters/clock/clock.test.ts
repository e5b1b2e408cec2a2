import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../../src/adapters/clock/manual-clock.ts';
import { systemClock } from '../../../../src/adapters/clock/system-clock.ts';

describe('the manual clock', () => {
  it('stands still until it is told, and fires in order of time', async () => {
    const clock = manualClock(1000);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`b ${clock.now()}`));
    clock.after(10, () => fired.push(`a ${clock.now()}`));
    clock.after(20, () => fired.push(`c ${clock.now()}`));
    const ticks = clock.every(8, () => fired.push(`tick ${clock.now()}`));
    expect(clock.nextAt()).toBe(1008);
    await clock.advance(20);
    expect(fired).toEqual(['tick 1008', 'a 1010', 'tick 1016', 'b 1020', 'c 1020']);
    expect(clock.now()).toBe(1020);
    ticks.stop();
    await clock.advance(100);
    expect(fired).toHaveLength(5);
    expect(await clock.next()).toBe(false);
  });

  it('fires what timers set off on the way', async () => {
    const clock = manualClock(0);
    const seen: number[] = [];
    async function sleeper(): Promise<void> {
      for (let turn = 0; turn < 3; turn += 1) {
        await clock.sleep(10);
        seen.push(clock.now());
      }
    }
    const done = sleeper();
    await clock.advance(25);
    expect(seen).toEqual([10, 20]);
    expect(await clock.next()).toBe(true);
    await done;
    expect(seen).toEqual([10, 20, 30]);
  });

  it('stops timers, also from within', async () => {
    const clock = manualClock(0);
    let fired = 0;
    const ticks = clock.every(1, () => {
      fired += 1;
      if (fired === 2) ticks.stop();
    });
    const once = clock.after(1, () => (fired += 100));
    once.stop();
    await clock.advance(10);
    expect(fired).toBe(2);
  });
});

describe.each([
  ['of the system', () => systemClock()],
  ['set by hand', () => manualClock()],
])('a clock %s', (_name, make) => {
  it('ends a sleep with the reason of its signal', async () => {
    const clock = make();
    const controller = new AbortController();
    const asleep = clock.sleep(60_000, controller.signal);
    controller.abort(new Error('wake up'));
    await expect(asleep).rejects.toThrow('wake up');
    await expect(clock.sleep(60_000, controller.signal)).rejects.toThrow('wake up');
  });
});

describe('the clock of the system', () => {
  it('tells the time and waits', async () => {
    const clock = systemClock();
    const before = clock.now();
    await clock.sleep(5);
    expect(clock.now() - before).toBeGreaterThanOrEqual(4);
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
  });

  it('fires once after a while, again and again, and not when stopped', async () => {
    const clock = systemClock();
    let [once, ticks, never] = [0, 0, 0];
    clock.after(1, () => (once += 1));
    const ticking = clock.every(1, () => (ticks += 1));
    clock.after(1, () => (never += 1)).stop();
    await expect.poll(() => ticks >= 3 && once === 1).toBe(true);
    ticking.stop();
    expect(never).toBe(0);
  });

  it('does not fire at once what is longer away than timers can count', async () => {
    const clock = systemClock();
    let fired = 0;
    const timer = clock.after(60 * 86_400_000, () => (fired += 1));
    await clock.sleep(20);
    timer.stop();
    expect(fired).toBe(0);
  });
});
