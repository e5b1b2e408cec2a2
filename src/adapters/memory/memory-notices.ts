import type { QueuedNotice } from '../../ports/people-store.ts';
import type { Store } from '../../ports/store.ts';
import type { JournalEntry } from '../../run/journal-entry.ts';
import { earliest } from './earliest.ts';
import { plainCopy } from './plain-copy.ts';

interface Stream {
  readonly waiting: QueuedNotice[];
  dueAt: number;
  tries: number;
}

export interface MemoryNoticesOptions {
  readonly write: (entries: readonly JournalEntry[], at: number) => void;
  /** Id of the newest journal entry. */
  readonly end: () => string;
  /** How long a key is remembered, ms. */
  readonly life: number;
}

type Queued = Parameters<Store['queueNotices']>[0];

/** Notices between the journal and their channels; every method is one atomic step at the time given. */
export class MemoryNotices {
  readonly #options: MemoryNoticesOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #known = new Map<string, number>();
  #upTo: string | undefined;

  constructor(options: MemoryNoticesOptions) {
    this.#options = options;
  }

  upTo(): string {
    this.#upTo ??= this.#options.end();
    return this.#upTo;
  }

  queue({ from, to, notices }: Queued, at: number): boolean {
    if (this.#upTo !== from) return false;
    this.#upTo = to;
    for (const [key, queuedAt] of this.#known) if (queuedAt <= at - this.#options.life) this.#known.delete(key);
    for (const notice of notices) {
      const key = `${notice.stream} ${notice.message.key}`;
      if (this.#known.has(key)) continue;
      this.#known.set(key, at);
      const stream = this.#streams.get(notice.stream) ?? { waiting: [], dueAt: at, tries: 0 };
      stream.waiting.push(plainCopy(notice));
      this.#streams.set(notice.stream, stream);
    }
    return true;
  }

  take(limit: number, { hold, at }: { hold: number; at: number }): (QueuedNotice & { tries: number })[] {
    const due = [...this.#streams.values()].filter(({ dueAt }) => dueAt <= at).toSorted((a, b) => a.dueAt - b.dueAt);
    return due.slice(0, limit).flatMap((stream) => {
      stream.dueAt = at + hold;
      stream.tries += 1;
      return stream.waiting.slice(0, 1).map((notice) => ({ ...plainCopy(notice), tries: stream.tries }));
    });
  }

  settle(notice: QueuedNotice, { retryAt, entries }: Parameters<Store['settleNotice']>[1], at: number): void {
    const stream = this.#streams.get(notice.stream);
    if (stream?.waiting[0]?.message.key !== notice.message.key) return;
    this.#options.write(entries, at);
    if (retryAt !== undefined) {
      stream.dueAt = retryAt;
      return;
    }
    stream.waiting.shift();
    Object.assign(stream, { dueAt: at, tries: 0 });
    if (stream.waiting.length === 0) this.#streams.delete(notice.stream);
  }

  /** When the next notice is to be delivered. */
  dueAt(): number | undefined {
    return earliest([...this.#streams.values()].map(({ dueAt }) => dueAt));
  }

  /** Whether the journal has gone on since notices were made of it; before anybody asked for any it counts as having. */
  isBehind(): boolean {
    return this.#upTo !== this.#options.end();
  }

  /** Lets go of the streams that have waited longest, beyond a number. */
  trim(most: number): void {
    const oldest = [...this.#streams].toSorted(([, a], [, b]) => a.dueAt - b.dueAt).map(([stream]) => stream);
    for (const stream of oldest.slice(0, Math.max(0, oldest.length - most))) this.#streams.delete(stream);
  }
}
