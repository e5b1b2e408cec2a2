import type { Run } from '../run/run.ts';
import type { Stint } from './stint.ts';

/** How often a waiting run asks again: at first, and after it has waited long, ms. */
const soonest = 2000;
const latest = 30_000;

/** When a run that has waited since then asks again, ms from now: an eighth of the time it has waited, so that thousands may wait. */
export function askAgainAfter({ waiting }: Run, now: number, longest = latest): number {
  return Math.min(longest, Math.max(soonest, (now - (waiting?.since ?? now)) / 8));
}

/** Stays waiting for what `run.waiting` names, and looks again later. */
export async function waitLonger({ held }: Stint, reason: string, { run = held.run, wakeAt = 0, longest = latest } = {}): Promise<void> {
  const next = wakeAt === 0 ? held.now + askAgainAfter(run, held.now, longest) : wakeAt;
  await held.wait(run, { reason, entries: [], wakeAt: Math.min(next, run.expiresAt) });
}
