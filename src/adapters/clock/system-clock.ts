import type { Clock } from '../../ports/clock.ts';

/** The time of this machine. Its timers do not keep the process alive, except for a `sleep` someone waits for. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', stop);
          resolve();
        }, ms);
        function stop(): void {
          clearTimeout(timer);
          reject(signal?.reason as Error);
        }
        signal?.addEventListener('abort', stop, { once: true });
      });
    },
    every(ms, callback) {
      const timer = setInterval(callback, ms).unref();
      return { stop: () => clearInterval(timer) };
    },
    after(ms, callback) {
      return startTimer(ms, callback);
    },
  };
}

/** The longest delay Node's timers know; beyond it they fire at once. */
const longestTimer = 2 ** 31 - 1;

function startTimer(ms: number, callback: () => void): { stop(): void } {
  let timer: NodeJS.Timeout;
  let left = ms;
  function wait(): void {
    const step = Math.min(left, longestTimer);
    left -= step;
    timer = setTimeout(() => (left > 0 ? wait() : callback()), step).unref();
  }
  wait();
  return { stop: () => clearTimeout(timer) };
}
