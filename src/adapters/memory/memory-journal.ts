import { FixpointError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JournalEntry, JournalRecord } from '../../run/journal-entry.ts';
import type { Duration } from '../../value/duration.ts';
import { plainCopy } from './plain-copy.ts';

interface Place {
  readonly time: number;
  readonly number: number;
}

/** Entries one answer of `follow` has at most. */
const followedEntries = 500;

export class MemoryJournal {
  readonly #clock: Clock;
  readonly #length: number;
  #records: JournalRecord[] = [];
  readonly #ofRuns = new Map<string, JournalRecord[]>();
  readonly #waiting = new Set<() => void>();
  #last: Place = { time: 0, number: 0 };
  #count = 0;

  constructor(clock: Clock, length: number) {
    this.#clock = clock;
    this.#length = length;
  }

  /** Entries ever written. */
  get count(): number {
    return this.#count;
  }

  write(entries: readonly JournalEntry[], at: number): void {
    for (const entry of entries) {
      this.#last = at === this.#last.time ? { time: at, number: this.#last.number + 1 } : { time: at, number: 0 };
      this.#count += 1;
      const record = { ...plainCopy(entry), id: `${this.#last.time}-${this.#last.number}`, number: this.#count, at };
      this.#records.push(record);
      // A record in an entry is not kept a second time: the run itself has it.
      if (entry.run !== undefined && entry.type !== 'run-ended')
        this.#ofRuns.set(entry.run, [...(this.#ofRuns.get(entry.run) ?? []), record]);
    }
    if (this.#records.length > this.#length) this.#records = this.#records.slice(-this.#length);
    if (entries.length > 0) for (const wake of this.#waiting) wake();
  }

  /** Id of the newest entry; 0-0 before the first. */
  end(): string {
    return `${this.#last.time}-${this.#last.number}`;
  }

  after(id: string, limit: number): JournalRecord[] {
    const start = place(id);
    const first = this.#records.findIndex((record) => isBefore(start, place(record.id)));
    return first === -1 || limit <= 0 ? [] : plainCopy(this.#records.slice(first, first + limit));
  }

  ofRun(run: string): JournalRecord[] {
    return plainCopy(this.#ofRuns.get(run) ?? []);
  }

  forgetRun(run: string): void {
    this.#ofRuns.delete(run);
  }

  forgetBefore(at: number): void {
    this.#records = this.#records.filter((record) => record.at >= at);
  }

  async follow(after: string, { wait, signal }: { wait: Duration; signal: AbortSignal }): Promise<JournalRecord[]> {
    signal.throwIfAborted();
    const start = after === '$' ? this.end() : after;
    const found = this.after(start, followedEntries);
    if (found.length > 0) return found;
    const over = new AbortController();
    let wake: (() => void) | undefined;
    const news = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.add(resolve);
    });
    try {
      await Promise.race([news, this.#clock.sleep(wait, AbortSignal.any([signal, over.signal]))]);
    } finally {
      if (wake !== undefined) this.#waiting.delete(wake);
      over.abort(new Error('no longer waited for'));
    }
    return this.after(start, followedEntries);
  }
}

function place(id: string): Place {
  const match = /^(\d{1,20})(?:-(\d{1,20}))?$/.exec(id);
  if (match?.[1] === undefined)
    throw new FixpointError('request.malformed', `${JSON.stringify(id.slice(0, 80))} is not the id of a journal entry`);
  return { time: Number(match[1]), number: Number(match[2] ?? 0) };
}

function isBefore(a: Place, b: Place): boolean {
  return a.time === b.time ? a.number < b.number : a.time < b.time;
}
