import type { CallSettlement, OpenCall, OutboxMessage } from '../../ports/people-store.ts';
import type { JournalEntry } from '../../run/journal-entry.ts';
import type { IncidentRecord } from './incident-record.ts';
import { earliest } from './earliest.ts';
import { plainCopy } from './plain-copy.ts';

interface CallRecord {
  readonly id: string;
  readonly message: OutboxMessage;
  readonly at: number;
  dueAt: number;
  tries: number;
  taken: readonly string[];
  handled?: string;
}

export interface MemoryCallsOptions {
  readonly incident: (id: string) => IncidentRecord | undefined;
  readonly write: (entries: readonly JournalEntry[], at: number) => void;
}

/** Calls to people by their keys; every method is one atomic step at the time given. */
export class MemoryCalls {
  readonly #options: MemoryCallsOptions;
  readonly #calls = new Map<string, CallRecord>();
  /** Keys of calls about incidents that the store does not have. */
  readonly #keysBesides = new Map<string, Set<string>>();

  constructor(options: MemoryCallsOptions) {
    this.#options = options;
  }

  open(message: OutboxMessage, { id, at }: { id: string; at: number }): boolean {
    const incident = this.#options.incident(message.incident);
    const keys = incident?.calls ?? this.#keysBesides.get(message.incident) ?? new Set<string>();
    if (incident === undefined) this.#keysBesides.set(message.incident, keys);
    if (keys.has(message.key)) return false;
    keys.add(message.key);
    this.#calls.set(message.key, { id, message: plainCopy(message), at, dueAt: at + (message.after ?? 0), tries: 0, taken: [] });
    if (incident !== undefined && message.key === keyOf(incident)) incident.escalatedAt = at;
    return true;
  }

  /** The incident is over: nobody is needed for it any more. */
  close(incident: IncidentRecord, why: string, at: number): void {
    this.#end(keyOf(incident), `the incident is closed: ${why}`, at);
  }

  /** A later attempt succeeded: if that does not last, a person may be called again. */
  succeed(incident: IncidentRecord, run: string, at: number): void {
    this.#end(keyOf(incident), `run ${run} succeeded`, at);
    incident.calls.delete(keyOf(incident));
    delete incident.escalatedAt;
  }

  acknowledge(incident: IncidentRecord, by: string, at: number): void {
    this.endAll(incident.id, `acknowledged by ${by}`, at);
  }

  /** The incident may be one that the store does not have. */
  endAll(id: string, why: string, at: number): void {
    const keys = this.#options.incident(id)?.calls ?? this.#keysBesides.get(id) ?? new Set<string>();
    for (const key of keys) this.#end(key, why, at);
    keys.clear();
    this.#keysBesides.delete(id);
  }

  /** Those who were called are told so. */
  #end(key: string, why: string, at: number): void {
    const call = this.#calls.get(key);
    if (call === undefined) return;
    if (call.handled === undefined) Object.assign(call, { handled: why, tries: 0 });
    call.dueAt = at;
  }

  take(limit: number, { hold, at }: { hold: number; at: number }): OpenCall[] {
    const due = [...this.#calls.values()].filter(({ dueAt }) => dueAt <= at).toSorted(inTurn);
    return due.slice(0, limit).map((call) => {
      const { message, taken } = call;
      const incident = this.#options.incident(message.incident);
      // Raised when its incident was closed already: it is made, and then no longer needed.
      if (taken.length > 0 && incident?.state === 'closed' && message.key === keyOf(incident))
        this.#end(message.key, 'the incident is closed', at);
      call.dueAt = at + hold;
      const { dueAt: _due, ...shown } = call;
      return plainCopy({ ...shown, time: at });
    });
  }

  settle(
    { id, message, handled }: Pick<OpenCall, 'id' | 'message' | 'handled'>,
    { dueAt, tries, taken, entries }: CallSettlement,
    at: number,
  ): void {
    const call = this.#calls.get(message.key);
    if (call?.id !== id) return;
    this.#options.write(entries, at);
    if (dueAt === undefined) this.#calls.delete(message.key);
    else Object.assign(call, { tries, taken, dueAt: call.handled !== undefined && handled === undefined ? at : dueAt });
  }

  /** When the next call is to be looked at. */
  dueAt(): number | undefined {
    return earliest([...this.#calls.values()].map(({ dueAt }) => dueAt));
  }

  /** Lets go of the calls that have waited longest, beyond a number. */
  trim(most: number): void {
    const oldest = [...this.#calls].toSorted(([, a], [, b]) => a.dueAt - b.dueAt).map(([key]) => key);
    for (const key of oldest.slice(0, Math.max(0, oldest.length - most))) this.#calls.delete(key);
  }
}

/** The key of the one call about an incident's own runs. */
function keyOf({ id }: IncidentRecord): string {
  return `incident/${id}`;
}

/** Those due first, and of these by their keys, as Redis sorts. */
function inTurn(a: CallRecord, b: CallRecord): number {
  return a.dueAt - b.dueAt || (a.message.key < b.message.key ? -1 : 1);
}
