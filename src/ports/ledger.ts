import type { Duration } from '../value/duration.ts';
import type { Rate } from '../value/rate.ts';

/** One thing a run must have from the ledger. Keys are plain text of any length below 1 KiB; the adapter hashes long ones. */
export type Claimable =
  /** Denied while the cooldown of `key`, set at the end of a run, lasts. Takes nothing. */
  | {
      readonly kind: 'cooldown';
      readonly key: string;
      /** A cooldown that this group started does not stand in its way. */ readonly group?: string;
    }
  /** At most `rate.count` grants in any interval of `rate.window`, ends included. Charged once a run: a grant of the same run counts once. */
  | {
      readonly kind: 'rate';
      readonly key: string;
      readonly rate: Rate;
      /** Counted for each effect instead of once a run. */ readonly perEffect?: string;
    }
  /** At most `max` charged runs under `key` (an incident) in its life. */
  | { readonly kind: 'attempts'; readonly key: string; readonly max: number }
  /** Exclusive until released or until the lease is over. Re-entrant by run. */
  | { readonly kind: 'lock'; readonly key: string; readonly lease: Duration };

export interface LedgerRequest {
  readonly run: string;
  readonly fence: number;
  readonly claims: readonly Claimable[];
}

export type LedgerAnswer =
  /** `charged`: this is the run's first grant, the one it is charged at. */
  | { readonly outcome: 'granted'; readonly time: number; readonly charged: boolean }
  /** The first claim in order that cannot be had; nothing was taken. `until`: when it could be had at the earliest. */
  | {
      readonly outcome: 'refused';
      readonly time: number;
      readonly claim: Claimable;
      readonly reason: string;
      readonly until?: number;
      readonly holder?: string;
    };

export interface Cooldown {
  readonly key: string;
  readonly length: Duration;
  readonly group?: string;
}

/**
 * The shared counters behind the guards. `acquire` is one atomic, all-or-nothing round trip. Time is the ledger's own,
 * made monotone; every key is bounded in size and expires by itself.
 */
export interface Ledger {
  /** Refuses the first claim where a higher fence has acquired for the run. */
  acquire(request: LedgerRequest): Promise<LedgerAnswer>;
  /** The same answer without taking anything, and whatever the fence. */
  peek(request: LedgerRequest): Promise<LedgerAnswer>;
  /** Lengthens those of the locks that the run holds, to `lease` from now; false when any of them is no longer the run's. */
  extend(run: string, locks: readonly string[], lease: Duration): Promise<boolean>;
  /** Gives back those of the locks that the run holds. */
  release(run: string, locks: readonly string[]): Promise<void>;
  /**
   * Starts cooldowns now, counting from the end of a run; a longer one that is running stays. Claims of the same `group` pass by
   * those that it started, and by no others.
   */
  cool(cooldowns: readonly Cooldown[]): Promise<void>;
  /** Keeps locks for ever in the name of the run, until `release`: outcome unknown. */
  quarantine(run: string, locks: readonly string[]): Promise<void>;
}
