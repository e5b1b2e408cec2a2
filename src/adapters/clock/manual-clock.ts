import type { Clock } from '../../ports/clock.ts';

/** A clock that stands still until it is told: timers fire in order of time, then of making. */
export interface ManualClock extends Clock {
  /** Goes to `now() + ms`, firing on the way; between two times it lets what the timers set off run on. */
  advance(ms: number): Promise<void>;
  /** Goes to the next timer, if any, and answers whether there was one. */
  next(): Promise<boolean>;
  /** When the next timer fires, if any. */
  nextAt(): number | undefined;
  /** Sets the time without firing anything; also back. */
  set(now: number): void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  fire(): void;
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = start;
  let made = 0;
  const timers = new Set<Timer>();

  function add(at: number, fire: () => void): { stop(): void } {
    made += 1;
    const timer: Timer = { at, order: made, fire };
    timers.add(timer);
    return { stop: () => void timers.delete(timer) };
  }

  function earliest(): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of timers) {
      if (found === undefined || timer.at < found.at || (timer.at === found.at && timer.order < found.order)) found = timer;
    }
    return found;
  }

  async function reach(timer: Timer): Promise<void> {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.fire();
    await settle();
  }

  function every(ms: number, callback: () => void): { stop(): void } {
    let isStopped = false;
    let timer = add(now + ms, tick);
    function tick(): void {
      timer = add(now + ms, tick);
      callback();
      if (isStopped) timer.stop();
    }
    return {
      stop() {
        isStopped = true;
        timer.stop();
      },
    };
  }

  return {
    now: () => now,
    every,
    after: (ms, callback) => add(now + ms, callback),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const stop = (): void => {
          timer.stop();
          reject(signal?.reason as Error);
        };
        const timer = add(now + ms, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        signal?.addEventListener('abort', stop, { once: true });
      });
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = earliest(); timer !== undefined && timer.at <= end; timer = earliest()) await reach(timer);
      now = Math.max(now, end);
    },
    async next() {
      await settle();
      const timer = earliest();
      if (timer !== undefined) await reach(timer);
      return timer !== undefined;
    },
    nextAt: () => earliest()?.at,
    set(time) {
      now = time;
    },
  };
}

/** Lets promise callbacks run, and what they set off, until the event loop has come round. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
