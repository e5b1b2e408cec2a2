import { codeOf, messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

/** Does `work` every `every` ms, never twice at once; a failure is logged and the next turn comes anyway. */
export function startLoop(
  { clock, log, name, every }: { clock: Clock; log: Log; name: string; every: number },
  work: () => Promise<void>,
): { stop(): Promise<void> } {
  let current: Promise<void> | undefined;
  let isStoreAway = false;
  const turn = async () => {
    try {
      await work();
      isStoreAway = false;
    } catch (error) {
      // Every loop hits an unreachable Redis every turn: once is enough.
      if (codeOf(error) !== 'store.unavailable') log.error({ loop: name, err: error }, 'a background loop failed, it goes on');
      else if (!isStoreAway) log.warn({ loop: name, reason: messageOf(error) }, 'a background loop waits for Redis');
      isStoreAway = codeOf(error) === 'store.unavailable';
    } finally {
      current = undefined;
    }
  };
  const timer = clock.every(every, () => {
    current ??= turn();
  });
  return {
    async stop() {
      timer.stop();
      await current;
    },
  };
}
