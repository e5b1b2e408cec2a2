/** What a consumer has read and not acknowledged at most: beyond that it reads no further. */
export const mostInFlight = 5000;

/** How many entries a consumer reads that holds so many already, where so many consumers, itself included, have yet to read: a fair share. */
export function mostRead({ lag, held, readers }: { readonly lag: number; readonly held: number; readonly readers: number }): number {
  return Math.max(0, Math.min(Math.ceil(lag / readers), mostInFlight - held));
}

/** What the consumer group of a stream has before it. */
export interface StreamState {
  /** Entries that were read and wait for their acknowledgement, as XINFO GROUPS has them. */
  readonly pending: number;
  /** Entries that nobody has read yet. */
  readonly lag: number;
  /** Entries acknowledged since the start. */
  readonly handled: number;
}

/** What happens to a stream in a short while; whole entries. */
export interface StreamTurn {
  readonly arrivals: number;
  /** How many entries each consumer can acknowledge, one for each pod; 0 for one that hangs, which reads all the same. */
  readonly consumers: readonly number[];
}

/** A stream with one consumer group, in memory or in a real Redis. */
export interface EventStream {
  readonly state: StreamState;
  /** Whether something that was asked for is still being done. */
  readonly isBusy: boolean;
  /** Takes all entries away. */
  clear(): void;
  /** Adds entries that nobody has read. */
  fill(entries: number): void;
  /** A consumer that is gone leaves what it had read to the first one. */
  take(turn: StreamTurn): void;
  close(): Promise<void>;
}
