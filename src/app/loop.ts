import { codeOf, messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Teardown } from './teardown.ts';

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

/** Loops that end side by side, in one step of stopping: while Redis is away, the turn of each may wait for it. */
export function loopsOf(
  { clock, log, teardown }: { clock: Clock; log: Log; teardown: Teardown },
  what: string,
): (name: string, every: number, work: () => Promise<void>) => void {
  const running: { stop(): Promise<void> }[] = [];
  teardown.add(what, async () => void (await Promise.all(running.map((one) => one.stop()))));
  return (name, every, work) => void running.push(startLoop({ clock, log, name, every }, work));
}
