import type { JournalRecord } from '../run/journal-entry.ts';
import type { Run } from '../run/run.ts';
import type { RunFilter } from './store.ts';

/** The newest journal entry that history has, and which Redis data it is of. */
export interface HistoryCursor {
  /** Of the store the journal was read from; '' before anything has been. */
  readonly generation: string;
  /** Id, number and time of the entry; '0', 0 and 0 before the first. */
  readonly entry: string;
  /** Undefined: the journal is read anew, and what comes first is taken as it comes. */
  readonly number: number | undefined;
  readonly at: number;
}

/** A stretch of time of which history knows that it does not have everything. Times are the store's, in ms. */
export interface HistoryGap {
  /** `trimmed`: the journal let go of entries before they were read. `lost`: Redis lost writes that it had acknowledged. */
  readonly cause: 'trimmed' | 'lost';
  readonly from: number;
  readonly to: number;
  /** How many entries are missing; undefined where nobody can know. */
  readonly missing: number | undefined;
  readonly noticedAt: number;
}

/** What one transaction adds. */
export interface HistoryStep {
  readonly from: HistoryCursor;
  readonly to: HistoryCursor;
  readonly records: readonly JournalRecord[];
  readonly gap?: HistoryGap;
}

/**
 * The journal and the runs it tells of, kept in SQL for long. Nothing that decides waits for it. Every failure to reach it is
 * `history.unavailable` within a bounded time.
 */
export interface History {
  readonly kind: 'sqlite' | 'postgres' | 'memory';
  cursor(): Promise<HistoryCursor>;
  /** Entries, what they say of runs, gap and cursor in one transaction; false, and nothing written, when the cursor is not at `from`. */
  advance(step: HistoryStep): Promise<boolean>;
  run(id: string): Promise<Run | undefined>;
  /** Newest first, with the same cursors as the store's. */
  runs(filter: RunFilter): Promise<{ readonly runs: readonly Run[]; readonly next: string | null }>;
  /** In order of time. */
  entriesOf(run: string): Promise<readonly JournalRecord[]>;
  /** Those that touch the time from `from` to `to`, oldest first. */
  gaps(from: number, to: number): Promise<readonly HistoryGap[]>;
  /** Lets go of what is older than `before`, at most `limit` rows of each kind; true when there may be more. */
  sweep(before: number, limit: number): Promise<boolean>;
  close(): Promise<void>;
}
