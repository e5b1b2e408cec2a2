import type { Redis } from 'ioredis';
import type { Log } from '../../ports/log.ts';
import { connectionOptions } from './redis-link.ts';
import { openRedis, type RedisPlace } from './redis-place.ts';

export interface TailWait {
  /** Resolves to true when there may be entries after the id, to false when the time is over. */
  readonly news: Promise<boolean>;
  stop(): void;
}

interface Waiter {
  readonly after: string;
  end(hasNews: boolean): void;
}

/** How long one question waits in Redis, ms; shorter than the patience of proxies in between. */
const block = 2000;
/** Without an answer for so long nobody is there, ms. */
const socketTimeout = 10_000;
const pauseAfterError = 500;

/** Waits for entries of the journal on a connection of its own, shared by all who wait; there is one only once somebody does. */
export class JournalTail {
  readonly #url: RedisPlace;
  readonly #key: string;
  readonly #log: Log;
  readonly #waiters = new Set<Waiter>();
  #client: Redis | undefined;
  #isReading = false;
  #isClosed = false;

  constructor({ url, key, log }: { url: RedisPlace; key: string; log: Log }) {
    this.#url = url;
    this.#key = key;
    this.#log = log;
  }

  /** Rejects with the signal's reason. What came before this call has to be read by the caller. */
  wait(after: string, { ms, signal }: { ms: number; signal: AbortSignal }): TailWait {
    let waiter: Waiter | undefined;
    const news = new Promise<boolean>((resolve, reject) => {
      const timer = setTimeout(() => waiter?.end(false), ms);
      const abort = (): void => {
        waiter?.end(false);
        reject(signal.reason as Error);
      };
      waiter = {
        after,
        end: (hasNews) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          if (waiter !== undefined) this.#waiters.delete(waiter);
          if (!signal.aborted) resolve(hasNews);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
      if (signal.aborted) abort();
      else if (this.#isClosed) waiter.end(false);
      else if (!this.#isReading) void this.#read();
    });
    return { news, stop: () => waiter?.end(false) };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.end(false);
    this.#client?.disconnect();
    return Promise.resolve();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    this.#client ??= this.#connect();
    while (this.#waiters.size > 0 && !this.#isClosed) {
      const first = [...this.#waiters].map(({ after }) => after).reduce((a, b) => (isBefore(b, a) ? b : a));
      try {
        const reply = await this.#client.xread('COUNT', 1, 'BLOCK', block, 'STREAMS', this.#key, first);
        const found = reply?.[0]?.[1][0]?.[0];
        if (found !== undefined) for (const waiter of this.#waiters) if (isBefore(waiter.after, found)) waiter.end(true);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, pauseAfterError).unref());
      }
    }
    this.#isReading = false;
  }

  #connect(): Redis {
    const client = openRedis(this.#url, {
      ...connectionOptions,
      maxRetriesPerRequest: null,
      connectionName: 'fixpoint-follow',
      socketTimeout,
    });
    client.on('error', (error: Error) => this.#log.debug({ err: error }, 'connection that follows the journal failed'));
    return client;
  }
}

/** Ids of a stream are `<ms>-<number>`; the number is 0 where it is missing. */
function isBefore(a: string, b: string): boolean {
  const [aTime = '0', aNumber = '0'] = a.split('-');
  const [bTime = '0', bNumber = '0'] = b.split('-');
  if (aTime !== bTime) return BigInt(aTime) < BigInt(bTime);
  return BigInt(aNumber) < BigInt(bNumber);
}
