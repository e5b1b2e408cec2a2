import type { Duration } from '../value/duration.ts';
import type { Engine } from './engine.ts';

/** Locks are held for this many leases. */
const lockLeases = 3;

/** After so long nothing that was begun before is still under way: every lease, lock and request is over. */
export function longestLease({ timing, rulebook }: Pick<Engine, 'timing' | 'rulebook'>): Duration {
  const steps = rulebook().rules.flatMap(({ ladder }) => ladder.flatMap((rung) => rung.steps.map(({ timeout }) => timeout)));
  return Math.max(lockLeases * timing.lease, ...steps.map((timeout) => timeout + timing.lease));
}
