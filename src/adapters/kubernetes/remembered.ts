import type { Clock } from '../../ports/clock.ts';

/** Answers that are good for a while; of too many the oldest are forgotten first. */
export class Remembered<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();
  readonly #options: { readonly clock: Pick<Clock, 'now'>; readonly goodFor: number; readonly most: number };

  constructor(options: { readonly clock: Pick<Clock, 'now'>; readonly goodFor: number; readonly most: number }) {
    this.#options = options;
  }

  get(key: string): T | undefined {
    const known = this.#entries.get(key);
    const now = this.#options.clock.now();
    // A clock that was set back makes nothing good for longer.
    return known !== undefined && now < known.until && known.until - now <= this.#options.goodFor ? known.value : undefined;
  }

  put(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#options.clock.now() + this.#options.goodFor });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#options.most && oldest !== undefined) this.#entries.delete(oldest);
  }
}
