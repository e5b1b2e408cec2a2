import type { Claimable, Ledger, LedgerAnswer } from '../../../src/ports/ledger.ts';

export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** The same counters through another adapter. */
  readonly other: Ledger;
  advance(ms: number): void;
  /** Sets the time of the outside, also back. */
  setTime(ms: number): void;
}

export const start = 1_700_000_000_000;
export const hour = 3_600_000;

let fences = 0;

/** Acquires under a fence of its own. */
export function ask(ledger: Ledger, run: string, ...claims: readonly Claimable[]): Promise<LedgerAnswer> {
  fences += 1;
  return ledger.acquire({ run, fence: fences, claims });
}
