import type { Message } from '../ports/queue.ts';

/** How much longer a normal message has to have waited to go before a critical one, ms. */
export const normalHandicap = 30_000;

/** Between tries of a message whose handler threw, ms. */
const shortestPause = 500;
const longestPause = 30_000;

/** When a message's turn is: the earliest goes first. So a critical one overtakes, and a normal one is never starved. */
export function turnOf({ urgency, at }: { readonly urgency: NonNullable<Message<unknown>['urgency']>; readonly at: number }): number {
  return urgency === 'critical' ? at : at + normalHandicap;
}

/** The pause after the `failures`th failure, ms. */
export function pauseAfter(failures: number): number {
  return Math.min(shortestPause * 2 ** Math.min(failures - 1, 10), longestPause);
}

export function isMessageId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,200}$/.test(id);
}
