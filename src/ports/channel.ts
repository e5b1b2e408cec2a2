import type { OutboxMessage } from './people-store.ts';

/** A message on its way. Times are ms since the epoch. */
export interface Delivery {
  readonly message: OutboxMessage;
  readonly startsAt: number;
  /** Until when it stands where nobody takes it back. */
  readonly endsAt: number;
}

/** A way to people. */
export interface Channel {
  /** Its place in the configuration and what it is; no part of its address. */
  readonly name: string;
  /** What it was told ends by itself unless it is told again. */
  readonly isKept: boolean;
  /** Resolves when the channel has taken the message; rejects when it did not. */
  send(delivery: Delivery, signal: AbortSignal): Promise<void>;
}
