import type { Store } from '../../../src/ports/store.ts';
import type { StoreLimits } from '../../../src/adapters/store-limits.ts';

/** A store at a time the test sets. */
export interface StoreUnderTest {
  readonly store: Store;
  /** The same records through another adapter, as another process has them. */
  readonly other: Store;
  now(): number;
  advance(ms: number): Promise<void>;
  /** Sets the time of the outside, also back. */
  setTime(ms: number): void;
}

export interface StoreHarness {
  open(limits?: Partial<StoreLimits>): Promise<StoreUnderTest>;
}

export const start = 1_700_000_000_000;
export const minute = 60_000;
