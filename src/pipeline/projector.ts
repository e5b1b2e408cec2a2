import { codeOf, messageOf } from '../errors.ts';
import type { HistoryCursor } from '../ports/history.ts';
import { takeOver, type Projection } from './take-over.ts';

/** Between two looks whether Redis still has everything, while nothing comes, ms. */
const lookEvery = 1000;

/** Pauses after failures of the database: doubling from the first to the last, ms. */
const firstPause = 250;
const lastPause = 10_000;

/**
 * Follows the journal and takes it over into history, entry by entry as they come; any number of processes may do so at once.
 * While the database or Redis is away it tries again for ever; nothing waits for it.
 */
export class Projector {
  readonly #projection: Projection;
  readonly #stop = new AbortController();
  readonly #startedAt: number;
  #reached: HistoryCursor | undefined;
  #loop: Promise<void> | undefined;
  #failures = 0;

  constructor(projection: Projection) {
    this.#projection = projection;
    this.#startedAt = projection.clock.now();
  }

  /** Whether Redis still has all that history knows: before anything is done. Rejects when either cannot be asked. */
  async look(): Promise<void> {
    this.#reached = await takeOver(this.#projection, await this.#projection.history.cursor(), []);
  }

  start(): void {
    this.#loop ??= this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the projector is stopped'));
    await this.#loop;
  }

  /** Age of the oldest entry that history does not have, in seconds; while the database was never reached, time since the start. */
  async lag(): Promise<number> {
    const { store, clock } = this.#projection;
    if (this.#reached === undefined) return (clock.now() - this.#startedAt) / 1000;
    const [next] = await store.journal(this.#reached.entry, 1);
    return next === undefined ? 0 : Math.max(0, (clock.now() - next.at) / 1000);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, history } = this.#projection;
    while (!signal.aborted) {
      try {
        const cursor = (this.#failures === 0 ? this.#reached : undefined) ?? (await history.cursor());
        this.#reached = cursor;
        this.#reached = await takeOver(this.#projection, cursor, await store.follow(cursor.entry, lookEvery, signal));
        this.#recovered();
      } catch (error) {
        if (!signal.aborted) await this.#projection.clock.sleep(this.#failed(error), signal).catch(() => undefined);
      }
    }
  }

  #recovered(): void {
    if (this.#failures > 0) this.#projection.log.info({ tries: this.#failures }, 'history takes the journal over again');
    this.#failures = 0;
  }

  /** How long to wait before the next try, ms. */
  #failed(error: unknown): number {
    const { log } = this.#projection;
    this.#failures += 1;
    const told = { code: codeOf(error), reason: messageOf(error) };
    if (this.#failures === 1) log.warn(told, 'history cannot take the journal over, it tries again; runs go on');
    else log.debug(told, 'history still cannot take the journal over');
    // Redis may come back without what it had: that has to be seen soon.
    return codeOf(error) === 'store.unavailable' ? firstPause : Math.min(lastPause, firstPause * 2 ** (this.#failures - 1));
  }
}
