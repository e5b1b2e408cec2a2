/** Time of this process: for timers and wake-ups. Decisions are made in the store's time, never in this. */
export interface Clock {
  /** Ms since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back every `ms` until stopped. */
  every(ms: number, callback: () => void): { stop(): void };
  /** Calls back once after `ms` unless stopped. */
  after(ms: number, callback: () => void): { stop(): void };
}
