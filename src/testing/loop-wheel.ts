import type { Loop } from '../app/people-loops.ts';

/** From when on a turn of a loop could do something, ms since the epoch; `always`, or `never` as things are. */
export type Need = number | 'always' | 'never';

interface Turning {
  readonly loop: Loop;
  last: number;
  isBusy: boolean;
}

/**
 * Background loops on a clock that is driven: each keeps its rhythm, and turns in which nothing could happen are passed over, for a
 * day has a hundred thousand of them.
 */
export class LoopWheel {
  readonly #loops: readonly Turning[];
  readonly #need: () => (name: string) => Need;
  readonly #failed: (name: string, error: unknown) => void;

  constructor(
    loops: readonly Loop[],
    { now, need, failed }: { now: number; need: () => (name: string) => Need; failed: (name: string, error: unknown) => void },
  ) {
    this.#loops = loops.map((loop) => ({ loop, last: now, isBusy: false }));
    this.#need = need;
    this.#failed = failed;
  }

  /** When the next turn is due. */
  nextAt(now: number): number | undefined {
    const need = this.#need();
    const times = this.#loops.map((turning) => dueAt(turning, now, need)).filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Starts the turns that are due; they go on by themselves. What they set off comes too late for the turns of this moment. */
  turn(now: number): void {
    const need = this.#need();
    const due = this.#loops.filter((turning) => dueAt(turning, now, need) === now);
    for (const turning of this.#loops) if ((now - turning.last) % turning.loop.every === 0) turning.last = now;
    for (const turning of due) {
      turning.isBusy = true;
      void this.#work(turning);
    }
  }

  async #work(turning: Turning): Promise<void> {
    try {
      await turning.loop.work();
    } catch (error) {
      this.#failed(turning.loop.name, error);
    } finally {
      turning.isBusy = false;
    }
  }
}

function dueAt({ loop, last, isBusy }: Turning, now: number, needOf: (name: string) => Need): number | undefined {
  const need = isBusy ? 'never' : needOf(loop.name);
  if (need === 'never') return undefined;
  const from = need === 'always' ? now : Math.max(need, now);
  return last + Math.max(1, Math.ceil((from - last) / loop.every)) * loop.every;
}
