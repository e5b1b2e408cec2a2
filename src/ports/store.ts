import type { Alert } from '../alert/alert.ts';
import type { Incident } from '../run/incident.ts';
import type { JournalEntry, JournalRecord } from '../run/journal-entry.ts';
import type { Phase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import type { Duration } from '../value/duration.ts';
import type { Json, JsonObject } from '../value/json.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { Lineage } from './lineage.ts';
import type { Replicas } from './replicas.ts';
import type { OutboxMessage, PeopleStore } from './people-store.ts';
import type { Urgency } from '../value/urgency.ts';

/** One alert under one rule that matched it. */
export interface IntakeEntry {
  readonly alert: Alert;
  readonly rule: string;
  readonly subject: string;
  /** Hash of the parameters this member would render. */
  readonly params: string;
  readonly flap: Duration;
  /** Id for the incident if this entry opens one. */
  readonly newIncident: string;
  /** The alert is known from its source's API to fire now: a tombstone does not hold it back. */
  readonly confirmed?: boolean;
}

export interface IntakeBatch {
  readonly notification: string;
  readonly source: string;
  /** Ms since the epoch when we received it. */
  readonly receivedAt: number;
  /** How long a resolved alert's tombstone holds back late duplicates. */
  readonly tombstone: Duration;
  readonly entries: readonly IntakeEntry[];
  /** Alerts no rule matched; only their state is kept. */
  readonly unmatched: readonly Alert[];
  /** The receiver that the message names. */
  readonly receiver?: string;
  /** The raw message, kept for replay within the store's byte budget. */
  readonly keep?: { readonly body: Json; readonly bytes: number };
}

export type IntakeOutcome =
  /** A new incident: it needs its first run. */
  | 'opened'
  /** A new member of an open incident, or one that fires again. */
  | 'joined'
  /** Known already; at most its time of receipt was renewed. */
  | 'refreshed'
  /** Refused: it would render other parameters for the same subject. */
  | 'ambiguous'
  | 'resolved'
  /** Firing, but a tombstone says this episode is over: in doubt, ask the source. */
  | 'tombstoned'
  /** Resolved, and no open incident has it. */
  | 'unknown';

export interface IntakeResult {
  /** The store's time in ms. */
  readonly time: number;
  /** One outcome per entry, in order. */
  readonly outcomes: readonly IntakeOutcomeOf[];
}

export interface IntakeOutcomeOf {
  readonly outcome: IntakeOutcome;
  readonly incident?: string;
  /**
   * The incident is open, fires, and has never had a run (also after a crash between the two writes). Said of one firing
   * entry of each such incident, the first in the batch.
   */
  readonly needsRun: boolean;
}

/** A run with what the store knows about it besides. */
export interface StoredRun {
  readonly run: Run;
  /** Number of the newest commit; ascending. */
  readonly sequence: number;
  /** What people asked for and the worker has not yet taken up. */
  readonly signals: readonly Signal[];
}

export type Signal =
  | { readonly kind: 'approve' | 'deny'; readonly by: string; readonly reason: string; readonly at: number; readonly plan?: string }
  | { readonly kind: 'cancel' | 'acknowledge' | 'undo'; readonly by: string; readonly reason: string; readonly at: number }
  /** Run `by` has taken over what this undo run would take back. */
  | { readonly kind: 'taken-over'; readonly by: string; readonly at: number }
  /** Members changed: the alert may be over. */
  | { readonly kind: 'members'; readonly at: number };

export type Claim =
  | {
      readonly outcome: 'claimed';
      readonly fence: number;
      readonly time: number;
      readonly stored: StoredRun;
      readonly incident: Incident | undefined;
    }
  /** Another worker holds the lease until `until`. */
  | { readonly outcome: 'held'; readonly until: number }
  /** The run has ended, has been written since it was to be claimed, or its record is of a version this code does not understand. */
  | { readonly outcome: 'ended' | 'missing' | 'moved-on' | 'newer-version' };

export interface DueRun {
  readonly id: string;
  readonly sequence: number;
  readonly urgency: Urgency;
  /** Of its last claim; 0 before the first. */
  readonly fence: number;
}

export interface Commit {
  readonly run: Run;
  readonly fence: number;
  readonly entries: readonly JournalEntry[];
  /** How many of the signals read at claim (or last renewal) this commit has taken up. */
  readonly signalsTaken?: number;
  /** Gives the lease back and asks for a dispatch at this time (store time, ms). A terminal run needs none. */
  readonly release?: { readonly wakeAt?: number };
  /** Calls to people, raised in the same transaction. */
  readonly outbox?: readonly OutboxMessage[];
  /** When the engine looks at the still open incident again: a next attempt, or `recurred`. Store time, ms. */
  readonly incidentWakeAt?: number;
  /** Undo runs that exist from the moment this is written. */
  readonly creates?: readonly NewRun[];
}

export interface NewRun {
  readonly run: Run;
  readonly entries: readonly JournalEntry[];
  /** When it is due; soon, unless told. Store time, ms. */
  readonly wakeAt?: number;
}

export type CommitResult =
  | { readonly outcome: 'committed'; readonly time: number; readonly sequence: number }
  /** A higher fence exists or the lease is over: nothing was written. */
  | { readonly outcome: 'stale' };

/** Asked before every mutating request. */
export interface Permit {
  readonly outcome: 'go' | 'stale' | 'paused' | 'cancelled' | 'resolved';
  readonly reason: string;
  /** Ms of lease left. */
  readonly leaseLeft: number;
  readonly time: number;
}

export type PauseScope = { readonly kind: 'global' } | { readonly kind: 'rule' | 'namespace' | 'source' | 'target'; readonly name: string };

export interface Pause {
  readonly id: string;
  readonly scope: PauseScope;
  readonly reason: string;
  readonly by: string;
  readonly at: number;
  /** Store time, ms; absent = until resumed. */
  readonly until?: number;
}

/** What a permit is asked for. */
export interface PermitSubject extends PauseSubject {
  /** Nothing new is done once no member of the run's incident fires. */
  readonly onlyWhileFiring: boolean;
}

/** What a run is about, as pauses see it. */
export interface PauseSubject {
  readonly rule: string;
  readonly source: string;
  readonly namespaces: readonly string[];
  readonly targets: readonly string[];
}

export interface RunFilter {
  readonly phase?: Phase;
  readonly rule?: string;
  readonly subject?: string;
  /** Created at or after, ms. */
  readonly since?: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface KeptNotification {
  readonly id: string;
  readonly source: string;
  readonly receivedAt: number;
  readonly alerts: number;
  readonly body: Json;
}

/**
 * The truth about incidents and runs, changed only by atomic operations. Every failure to reach it is `store.unavailable`
 * within a bounded time. Times in records are the store's, in ms.
 */
export interface Store extends PeopleStore, Lineage, Replicas, Heartbeats {
  time(): Promise<number>;
  /** One atomic round trip: alert states, tombstones, incidents and members of a whole notification. Idempotent. */
  intake(batch: IntakeBatch): Promise<IntakeResult>;
  /** Creates runs with their first journal entries, one round trip; a run whose incident has one already, or whose id exists, is left out of the answer. */
  createRuns(runs: readonly NewRun[]): Promise<readonly string[]>;
  /** Takes the run's lease with a new, globally higher fence; of a run as it was at `sequence` only if nothing has been written since. */
  claim(run: string | { readonly run: string; readonly sequence?: number }, worker: string, lease: Duration): Promise<Claim>;
  /** Lengthens the lease; answers pending signals, or undefined when the fence is stale. */
  renew(run: string, fence: number, lease: Duration): Promise<{ readonly signals: readonly Signal[] } | undefined>;
  commit(commit: Commit): Promise<CommitResult>;
  /** Writes the record of an ended run anew, for what is counted on it after its end; its phase stays. False when it is gone or has not ended. */
  amend(run: Run, entries: readonly JournalEntry[]): Promise<boolean>;
  permit(run: string, fence: number, subject: PermitSubject): Promise<Permit>;
  /** Adds a person's wish and makes the run due now; false when the run is unknown or has ended. */
  signal(run: string, signal: Signal): Promise<boolean>;
  /**
   * Runs whose wake-up time has passed (or that never were dispatched) and that no live lease holds. One that nobody claims is
   * answered again some seconds later.
   */
  dueRuns(limit: number): Promise<readonly DueRun[]>;
  /**
   * Open incidents whose wake-up time has passed; takes the wake-up off, so that one caller gets it. With `hold` it only hides
   * it for so long: a caller that dies is made good, one that is done sets another time or none (a new run takes it off, too).
   */
  dueIncidents(limit: number, hold?: Duration): Promise<readonly string[]>;
  wakeIncident(incident: string, at: number | undefined): Promise<void>;
  /** Closes incidents whose flap window has passed; answers their ids. */
  closeIncidents(limit: number): Promise<readonly string[]>;
  /**
   * Says from the source's API what fires: members of the source whose fingerprints are not in `firing`, received before `asOf`,
   * count as resolved. Answers the incidents that changed, and which of `firing` are no firing members of any.
   */
  resolveAbsent(
    source: string,
    firing: readonly string[],
    asOf: number,
  ): Promise<{ readonly changed: readonly string[]; readonly unheard: readonly string[] }>;
  /** Which of these alerts of the source it has been told of lately, fired or over, whether or not a rule matched them. */
  toldOf(source: string, fingerprints: readonly string[]): Promise<ReadonlySet<string>>;
  /** Receivers that messages of the source have named, as they named them. */
  receivers(source: string): Promise<readonly string[]>;

  run(id: string): Promise<StoredRun | undefined>;
  runs(filter: RunFilter): Promise<{ readonly runs: readonly Run[]; readonly next: string | null }>;
  /** Which of these runs it has. */
  knownRuns(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** How many live runs there are in each phase. */
  phaseCounts(): Promise<Readonly<Record<string, number>>>;
  incident(id: string): Promise<Incident | undefined>;
  /** The open incident of a rule and subject; there is one at the most. */
  openIncident(rule: string, subject: string): Promise<Incident | undefined>;
  incidents(filter: { readonly state?: 'open' | 'closed'; readonly rule?: string; readonly limit: number }): Promise<readonly Incident[]>;
  /** A person has taken note: from now on people may be called about the incident again. */
  acknowledge(incident: string, by: string, reason: string): Promise<boolean>;

  keepDefinition(hash: string, definition: JsonObject): Promise<void>;
  definition(hash: string): Promise<JsonObject | undefined>;

  notification(id: string): Promise<KeptNotification | undefined>;
  notifications(limit: number): Promise<readonly Omit<KeptNotification, 'body'>[]>;

  pauses(): Promise<readonly Pause[]>;
  addPause(pause: Omit<Pause, 'at'>): Promise<Pause>;
  removePause(id: string, by: string): Promise<boolean>;

  /** Journal entries after `after` (exclusive; '0' = from the start), oldest first. */
  journal(after: string, limit: number): Promise<readonly JournalRecord[]>;
  /** Waits up to `wait` for entries after `after`; for event streams. `$` = from now. Rejects with the signal's reason. */
  follow(after: string, wait: Duration, signal: AbortSignal): Promise<readonly JournalRecord[]>;
  journalOf(run: string): Promise<readonly JournalRecord[]>;
  append(entries: readonly JournalEntry[]): Promise<void>;

  /** Lets go of what is too old or too much; the reconciler calls it now and then. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}
