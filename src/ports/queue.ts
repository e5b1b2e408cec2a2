import type { Urgency } from '../value/urgency.ts';

/** One message of a queue. `id` has letters, digits, `-` and `_`; a message whose id still waits or is in hand is ignored. */
export interface Message<T> {
  readonly id: string;
  readonly data: T;
  /** Ms until it is handed out. */
  readonly delay?: number;
  /** `critical` goes before `normal`, without starving it. */
  readonly urgency?: Urgency;
}

export interface QueueDepth {
  /** Messages not handed out yet, delayed ones not counted. */
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  /** Ms since the epoch of the oldest waiting message. */
  readonly oldestAt?: number;
}

/**
 * A durable queue that dispatches at least once. It is not the truth about anything: a message may come twice or,
 * after a loss, not at all; the reconciler repeats it.
 */
export interface Queue<T> {
  /** Resolves when the message is durable; rejects with `store.unavailable` within a second otherwise. */
  add(message: Message<T>): Promise<void>;
  /** The same for many, in one round trip. */
  addAll(messages: readonly Message<T>[]): Promise<void>;
  /** Hands messages to `handler`, at most `concurrency` at once. A handler that throws gets its message again later. */
  consume(options: { concurrency: number; handler: (data: T, signal: AbortSignal) => Promise<void> }): Consumer;
  depth(): Promise<QueueDepth>;
  close(): Promise<void>;
}

export interface Consumer {
  /** Takes no more messages and waits for those in hand, at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}
