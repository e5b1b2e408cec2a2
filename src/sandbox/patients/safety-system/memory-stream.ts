import { mostRead, type EventStream, type StreamState, type StreamTurn } from './event-stream.ts';

/** A stream that is only counted. */
export class MemoryStream implements EventStream {
  #lag = 0;
  #handled = 0;
  /** What each consumer has read and not acknowledged. */
  #inFlight: number[] = [];

  get state(): StreamState {
    return { pending: this.#inFlight.reduce((sum, entries) => sum + entries, 0), lag: this.#lag, handled: this.#handled };
  }

  get isBusy(): boolean {
    return false;
  }

  clear(): void {
    this.#lag = 0;
    this.#inFlight = [];
  }

  fill(entries: number): void {
    this.#lag += entries;
  }

  take({ arrivals, consumers }: StreamTurn): void {
    this.#lag += arrivals;
    this.#inherit(consumers.length);
    for (const [index, most] of consumers.entries()) {
      const held = this.#inFlight[index] ?? 0;
      const read = mostRead({ lag: this.#lag, held, readers: consumers.length - index });
      const acknowledged = Math.min(held + read, most);
      this.#lag -= read;
      this.#inFlight[index] = held + read - acknowledged;
      this.#handled += acknowledged;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #inherit(count: number): void {
    if (count === 0) return;
    const left = this.#inFlight.splice(count).reduce((sum, entries) => sum + entries, 0);
    this.#inFlight[0] = (this.#inFlight[0] ?? 0) + left;
  }
}
