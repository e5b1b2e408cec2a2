import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

interface Step {
  readonly name: string;
  readonly undo: () => void | Promise<void>;
  /** How long it may take, ms. */
  readonly limit: number;
}

/** What has to be undone at the end, last in first out; each step is tried whatever became of those before, and left when it takes too long. */
export class Teardown {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #steps: Step[] = [];

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  add(name: string, undo: () => void | Promise<void>, limit = 2000): void {
    this.#steps.push({ name, undo, limit });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await this.#inTime(step);
      } catch (error) {
        this.#log.warn({ step: step.name, err: error }, 'a step of stopping failed');
      }
    }
  }

  async #inTime({ name, undo, limit }: Step): Promise<void> {
    const done = new AbortController();
    const late = this.#clock.sleep(limit, done.signal).then(
      () => this.#log.warn({ step: name, limit }, 'a step of stopping takes too long and is left'),
      () => undefined,
    );
    try {
      await Promise.race([undo(), late]);
    } finally {
      done.abort();
    }
  }
}
