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
  | { readonly kind: 'lock'; readonly key: string; readonly lease: Duration }
  /** One of `max` places under `key`, until the run is released or the lease is over. Re-entrant by run. */
  | { readonly kind: 'slot'; readonly key: string; readonly max: number; readonly lease: Duration }
  /** Refused while `limit.count` or more things noted under `key` lie within `limit.window`. Takes nothing. */
  | { readonly kind: 'tally'; readonly key: string; readonly limit: Rate }
  /** Refused while the flag is up. Takes nothing. */
  | { readonly kind: 'flag'; readonly key: string }
  /**
   * At most `limit.count` different `what` in any interval of `limit.window`, ends included. Charged once a run. With `grows`,
   * besides: while others' are under way, a run that has none under way begins only where no more would be under way than have been
   * noted as good within the window, and one.
   */
  | { readonly kind: 'spread'; readonly key: string; readonly what: string; readonly limit: Rate; readonly grows?: boolean }
  /** Refused while there is a storm under `key`. Takes nothing. */
  | { readonly kind: 'storm'; readonly key: string };

/** Why the ledger refused: the kind of claim, or what is the matter with who asks or who holds. */
export type Refusal =
  | 'cooldown'
  | 'rate'
  | 'attempts'
  | 'lock'
  | 'quarantine'
  | 'fence'
  /** The run has ended. */
  | 'ended'
  | 'slot'
  | 'tally'
  | 'flag'
  | 'spread'
  /** Within the limit of the spread, but too early. */
  | 'growth'
  | 'storm';

/** Something that has happened, which later claims are judged by. Noting it again changes only when it was. */
export type Note =
  /** `what` happened under `key`; the newest `limit.count` are kept. `flag`: put up when as many lie within `limit.window`. */
  | {
      readonly kind: 'tally';
      readonly key: string;
      readonly what: string;
      readonly limit: Rate;
      readonly flag?: { readonly key: string; readonly reason: string };
    }
  /** `what` is no longer under way in the spread; `isGood`: it ended well. */
  | { readonly kind: 'ended'; readonly key: string; readonly what: string; readonly limit: Rate; readonly isGood: boolean }
  /** `what` is good no longer. */
  | { readonly kind: 'spoilt'; readonly key: string; readonly what: string; readonly limit: Rate }
  /** These were seen; more than `limit.count` of them within `limit.window` are a storm, until it has been quiet for `quiet`. */
  | {
      readonly kind: 'sighting';
      readonly key: string;
      readonly what: readonly string[];
      readonly limit: Rate;
      readonly quiet: Duration;
    };

/** What stands until it ends or a person ends it. */
export interface Standing {
  readonly flags: readonly { readonly key: string; readonly since: number; readonly reason: string }[];
  readonly storms: readonly { readonly key: string; readonly since: number; readonly until: number }[];
}

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
      readonly refusal: Refusal;
      readonly reason: string;
      readonly until?: number;
      readonly holder?: string;
      /** Runs that have the places of a slot, those whose lease ends first, at most ten. */
      readonly holders?: readonly string[];
      /** Since when a flag or a storm has stood. */
      readonly since?: number;
    };

export interface Cooldown {
  readonly key: string;
  readonly length: Duration;
  readonly group?: string;
}

/**
 * The shared counters behind the guards. `acquire` is one atomic, all-or-nothing round trip. Time is the ledger's own,
 * made monotone; every key is bounded in size and expires by itself, but for quarantines and flags. All that goes under one key
 * of a tally, a spread or a storm goes by one window.
 */
export interface Ledger {
  /** Refuses the first claim where a higher fence has acquired for the run, or the run has ended. */
  acquire(request: LedgerRequest): Promise<LedgerAnswer>;
  /** The same answer without taking anything, and whatever the fence. */
  peek(request: LedgerRequest): Promise<LedgerAnswer>;
  /** Lengthens those of the locks that the run holds, and its slots, to `lease` from now; false when any of them is no longer the run's. */
  extend(run: string, locks: readonly string[], lease: Duration): Promise<boolean>;
  /** Gives back those of the locks that the run holds, and its slots. */
  release(run: string, locks: readonly string[]): Promise<void>;
  /**
   * The run has ended: as `release`, and what it was charged for is forgotten, though not what others are denied by. For `late` from now,
   * or longer if it was told so before, nothing is granted to it; who asks for it after that is charged anew.
   */
  settle(run: string, locks: readonly string[], late: Duration): Promise<void>;
  /**
   * Starts cooldowns now, counting from the end of a run; a longer one that is running stays. Claims of the same `group` pass by
   * those that it started, and by no others.
   */
  cool(cooldowns: readonly Cooldown[]): Promise<void>;
  /** Keeps locks for ever in the name of the run, until `release`: outcome unknown. Its slots are given back. */
  quarantine(run: string, locks: readonly string[]): Promise<void>;
  note(notes: readonly Note[]): Promise<void>;
  /** Takes a flag down and forgets the tallies that put it up; false when it was not up. */
  lower(flag: string, tallies: readonly string[]): Promise<boolean>;
  standing(): Promise<Standing>;
}
