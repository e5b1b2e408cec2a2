import type { Duration } from '../value/duration.ts';

const day = 86_400_000;

/** How much a store keeps, and how long. Durations in ms. */
export interface StoreLimits {
  /** Ended runs kept. */
  readonly runs: number;
  /** Closed incidents kept. */
  readonly incidents: number;
  /** For ended runs, closed incidents, kept messages and journal entries. */
  readonly age: Duration;
  /** An open incident nobody has spoken of for so long is closed. */
  readonly incidentLife: Duration;
  /** Journal entries, about. */
  readonly journal: number;
  readonly journalBytes: number;
  /** Raw messages kept for replay. */
  readonly notifications: number;
  readonly notificationBytes: number;
  /** Calls to people that are not over, and streams of notices not yet delivered. */
  readonly outbox: number;
  /** How long a notice's key is remembered, so that it is sent once. */
  readonly noticeLife: Duration;
  readonly pauses: number;
  /** Alerts of an incident kept in full; all are counted. */
  readonly fullMembers: number;
  /** A new run whose dispatch got lost is due after this, a due one that nobody claimed again after `redispatch`. */
  readonly firstWake: Duration;
  readonly redispatch: Duration;
  /** Length of the tombstone of an alert that its source no longer lists. */
  readonly absentTombstone: Duration;
}

/** An alert refused as ambiguous counts as heard of for so long, ms: it need not be taken in at every look at its source. */
export const refusedAge = 3_600_000;

export const defaultStoreLimits: StoreLimits = {
  runs: 10_000,
  incidents: 10_000,
  age: 30 * day,
  incidentLife: 30 * day,
  journal: 200_000,
  journalBytes: 256 * 2 ** 20,
  notifications: 10_000,
  notificationBytes: 64 * 2 ** 20,
  outbox: 10_000,
  noticeLife: 7 * day,
  pauses: 1000,
  fullMembers: 100,
  firstWake: 2000,
  redispatch: 2000,
  absentTombstone: 15 * 60_000,
};
