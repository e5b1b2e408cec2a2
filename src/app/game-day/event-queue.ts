import { setTimeout as delay } from 'node:timers/promises';

/** What is seen in different ways is told in the order of its times, this much later, ms. */
export const reorderMs = 700;

/** Tells events in the order of their times. */
export class EventQueue<Event extends { readonly at: number }> {
  readonly #tell: (event: Event) => Promise<void>;
  #waiting: Event[] = [];

  constructor(tell: (event: Event) => Promise<void>) {
    this.#tell = tell;
  }

  add(event: Event): void {
    this.#waiting.push(event);
  }

  async run(now: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.flush(now() - reorderMs);
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Tells what happened until then. */
  async flush(until: number): Promise<void> {
    const due = this.#waiting.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
    this.#waiting = this.#waiting.filter(({ at }) => at > until);
    for (const event of due) await this.#tell(event);
  }
}
