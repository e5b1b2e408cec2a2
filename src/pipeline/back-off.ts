import type { Duration } from '../value/duration.ts';

/** How long to wait after so many failures in a row: doubling from `first` up to `longest`, ms. */
export function backOff(tries: number, { first, longest }: { first: Duration; longest: Duration }): Duration {
  return Math.min(longest, first * 2 ** Math.max(0, Math.min(tries, 30) - 1));
}
