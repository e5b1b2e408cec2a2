import type { JournalEntry } from '../run/journal-entry.ts';
import type { Duration } from '../value/duration.ts';

/** A message to people. A call's `key` makes it one per incident until acknowledged; a notice's makes it one at all. */
export interface OutboxMessage {
  readonly key: string;
  /** `call`, `handled` once it is no longer needed, or the kind of notice. */
  readonly kind: string;
  readonly incident: string;
  readonly run: string;
  readonly rule: string;
  readonly subject: string;
  readonly severity: string;
  readonly title: string;
  readonly text: string;
  readonly reason: string;
  /** What was or would be changed, in words. */
  readonly changes: readonly { readonly target: string; readonly what: string; readonly from: string; readonly to: string }[];
  readonly labels: Readonly<Record<string, string>>;
  /** A call is made so long after it was raised, and not at all if the incident is handled before. */
  readonly after?: Duration;
  /** Who is called one after the other while nobody acknowledges it, each so much later than the one before. */
  readonly order?: { readonly names: readonly string[]; readonly every: Duration };
  /** Whom of them this delivery is for. */
  readonly level?: string;
  /** Where a person finds the run, if a public address is configured. */
  readonly url?: string;
}

/** A call to a person that was raised and is not over. */
export interface OpenCall {
  readonly message: OutboxMessage;
  /** Another one when a later call has taken its place. */
  readonly id: string;
  /** When it was raised, and the store's time now. */
  readonly at: number;
  readonly time: number;
  /** Failed deliveries since the last that went well. */
  readonly tries: number;
  /** Channels that have taken it. */
  readonly taken: readonly string[];
  /** Why nobody is needed any more: the incident closed, a later attempt succeeded, a person has seen it. */
  readonly handled?: string;
}

/** What came of looking after a call. `dueAt`: when it is looked at next, store time; absent = it is over and forgotten. */
export interface CallSettlement {
  readonly dueAt?: number;
  readonly tries: number;
  readonly taken: readonly string[];
  readonly entries: readonly JournalEntry[];
}

/** A notice on its way to one channel; notices of one stream are delivered in order. */
export interface QueuedNotice {
  readonly stream: string;
  readonly message: OutboxMessage;
}

/** What the store keeps of messages to people. */
export interface PeopleStore {
  /** Raises a call outside of a commit; false when the incident has one already that nobody acknowledged. */
  openCall(message: OutboxMessage): Promise<boolean>;
  /**
   * Ends all calls about an incident, also one that the store does not have: those who were called are told why, and from now on
   * people may be called about it again.
   */
  endCalls(incident: string, reason: string): Promise<void>;
  /** Calls that are due: to be made, kept alive, or ended. One taken is hidden from others for `hold`. */
  takeCalls(limit: number, hold: Duration): Promise<readonly OpenCall[]>;
  /** Writes down what came of a call; nothing when another one has taken its place. One handled meanwhile is due at once. */
  settleCall(call: Pick<OpenCall, 'id' | 'message' | 'handled'>, settlement: CallSettlement): Promise<void>;
  /**
   * Open, firing incidents that nobody was called about and in which nothing has gone on since `before`: opened and acknowledged
   * no later, and their run waits, or the last one was denied or has expired.
   */
  stuckIncidents(before: number): Promise<readonly string[]>;

  /** Up to which journal entry notices have been made; the journal's end when asked for the first time. */
  noticesUpTo(): Promise<string>;
  /** Queues notices and moves the mark on, if it still is at `from`; a notice whose stream and key are known is left out. */
  queueNotices(given: { readonly from: string; readonly to: string; readonly notices: readonly QueuedNotice[] }): Promise<boolean>;
  /** The first notice of each due stream; hidden from others for `hold`. */
  takeNotices(limit: number, hold: Duration): Promise<readonly (QueuedNotice & { readonly tries: number })[]>;
  /** The notice is delivered or given up, or comes again at `retryAt` (store time) with those behind it. */
  settleNotice(notice: QueuedNotice, given: { readonly retryAt?: number; readonly entries: readonly JournalEntry[] }): Promise<void>;
}
