import type { OutboxMessage } from './store.ts';

/** Calls a person. Resolves when a channel has taken the message; rejects when none did. */
export interface Pager {
  deliver(message: OutboxMessage, signal: AbortSignal): Promise<void>;
}
