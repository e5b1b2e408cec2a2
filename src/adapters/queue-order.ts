import { FixpointError } from '../errors.ts';
import type { Message } from '../ports/queue.ts';

/** How much longer a normal message has to have waited to go before a critical one, ms. */
const normalHandicap = 30_000;

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

/** Throws for the first id that a queue cannot have. */
export function checkMessageIds(messages: readonly Message<unknown>[]): void {
  const bad = messages.find(({ id }) => !/^[A-Za-z0-9_-]{1,200}$/.test(id));
  if (bad !== undefined) throw new FixpointError('internal', `message id ${JSON.stringify(bad.id)} may only have letters, digits, - and _`);
}
