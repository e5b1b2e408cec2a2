import type { Json } from '../value/json.ts';

/** What the journal says happened. `data` is plain JSON without secrets. */
export interface JournalEntry {
  readonly type:
    | 'run-created'
    /** With the whole record, so that the run can be shown when the store has dropped it. */
    | 'run-ended'
    | 'phase-changed'
    | 'decision'
    /** What every guard said of a rung that was let through. */
    | 'admitted'
    | 'planned'
    | 'intent'
    | 'step-applying'
    | 'step-applied'
    | 'step-settled'
    | 'step-failed'
    | 'verdict'
    | 'rung-ended'
    | 'approval-asked'
    | 'approval-answered'
    | 'escalated'
    | 'person-called'
    | 'call-ended'
    | 'call-dropped'
    | 'notice-dropped'
    | 'silenced'
    | 'person-acted'
    | 'incident-opened'
    | 'incident-closed'
    | 'recurred'
    | 'rule-demoted'
    | 'rule-restored'
    | 'undo-scheduled'
    | 'undo-ended'
    | 'member-refused'
    | 'paused'
    | 'resumed'
    | 'resumed-after-crash';
  readonly run?: string;
  readonly incident?: string;
  readonly rule?: string;
  readonly data: { readonly [key: string]: Json };
}

/**
 * An entry as stored: `id` is the journal's own, ascending; `number` counts all entries ever written, so that a jump tells of
 * some that are gone; `at` is the store's time in ms.
 */
export interface JournalRecord extends JournalEntry {
  readonly id: string;
  readonly number: number;
  readonly at: number;
}
