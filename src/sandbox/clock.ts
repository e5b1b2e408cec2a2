/** A timer that has been set and can be taken back; cancelling twice or after it ran does nothing. */
export interface Timer {
  cancel(): void;
}

/** The time of the simulated world, in ms since the epoch; delays are in this clock's ms, not in real ones. */
export interface SandboxClock {
  now(): number;
  schedule(delayMs: number, callback: () => void): Timer;
}

/** Starts at the present real time and runs `speed` times faster; its timers never keep the process alive. */
export function realClock(speed: number): SandboxClock {
  if (!(speed > 0)) throw new RangeError(`speed must be a number above 0, got ${speed}`);
  const startedAt = Date.now();
  const startedTick = performance.now();
  return {
    now: () => Math.floor(startedAt + (performance.now() - startedTick) * speed),
    schedule(delayMs, callback) {
      const timeout = setTimeout(callback, Math.max(0, delayMs) / speed);
      timeout.unref();
      return { cancel: () => clearTimeout(timeout) };
    },
  };
}

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that moves only when told to; callbacks due run in order of time, then of scheduling. */
export class ManualClock implements SandboxClock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order, callback };
    this.#order += 1;
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** The moment of the next callback, so that a driver can jump there. */
  nextAt(): number | undefined {
    return this.#next()?.at;
  }

  /** Moves time by `ms`, running every callback that falls due, also those set on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (first === undefined || pending.at < first.at || (pending.at === first.at && pending.order < first.order)) first = pending;
    }
    return first;
  }
}
