import type { History } from '../ports/history.ts';

/** Rows let go of at once, so that what else the database does is held up for a moment only, and how often in one turn. */
const share = 1000;
const rounds = 100;

/** Lets go of what is older than `before` (store time, ms). */
export async function keepHistory(history: History, before: number): Promise<void> {
  for (let round = 0; round < rounds && (await history.sweep(before, share)); round += 1);
}
