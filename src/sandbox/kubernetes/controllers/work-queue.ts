import type { SandboxClock, Timer } from '../../clock.ts';

/** Runs a reconcile once per key and delay, later requests for a waiting key being merged into the earliest. */
export class WorkQueue {
  readonly #clock: SandboxClock;
  readonly #reconcile: (key: string) => void;
  readonly #waiting = new Map<string, { at: number; timer: Timer }>();
  #isClosed = false;

  constructor(clock: SandboxClock, reconcile: (key: string) => void) {
    this.#clock = clock;
    this.#reconcile = reconcile;
  }

  add(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    const at = this.#clock.now() + delayMs;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined && waiting.at <= at) return;
    waiting?.timer.cancel();
    const timer = this.#clock.schedule(delayMs, () => {
      this.#waiting.delete(key);
      this.#reconcile(key);
    });
    this.#waiting.set(key, { at, timer });
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }
}
