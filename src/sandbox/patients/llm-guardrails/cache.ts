import { Redis } from 'ioredis';
import type { Fault } from '../fault.ts';
import type { FaultKind } from '../fault-book.ts';
import { gauge, type Metric } from '../series.ts';

export type CacheFault = 'memory-full' | 'stale-cache';

/** What the cache may use as the platform has it, and how much of that the rush fills. */
const ordinaryBytes = 32 * 2 ** 20;
const rushShare = 0.88;

/** From this share on its alert fires. */
const fullAbove = 0.8;

/** What one key takes, overhead included. */
const entryBytes = 2 ** 16;
const value = 'x'.repeat(60_000);
const most = { perLook: 1000, silentMs: 2000 };
const staleKeys = 200;
const staleMark = 'guardrails:cache:stale';

interface Reading {
  readonly used: number;
  /** 0: no bound. */
  readonly max: number;
  readonly isStale: boolean;
  /** How many faults had come over it by then. */
  readonly onsets: number;
}

/** Without a real Redis the cache is well, and cannot fall ill: nothing could cure it. */
const simulated: Reading = { used: 11 * 2 ** 20, max: ordinaryBytes, isStale: false, onsets: 0 };

/**
 * The platform's cache, on a real Redis where there is one. It is looked at in the background, and what its traffic does to it is done
 * then.
 */
export class GuardrailsCache {
  readonly #redis: Redis | undefined;
  readonly #find: (fault: CacheFault) => Fault | undefined;
  #reading: Reading | undefined;
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  #isClosed = false;
  #written = 0;
  readonly #onsets = { asked: 0, done: 0 };

  constructor({ url, find }: { readonly url: string | undefined; readonly find: (fault: CacheFault) => Fault | undefined }) {
    this.#find = find;
    if (url === undefined) return;
    this.#redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, commandTimeout: most.silentMs, retryStrategy: () => 200 });
    // What fails shows in a look.
    this.#redis.on('error', () => {});
    this.#do((redis) => setBack(redis));
  }

  readonly kinds: Readonly<Record<CacheFault, FaultKind>> = {
    'memory-full': {
      isLasting: false,
      labels: () => this.#onlyReal(),
      onset: () => this.#comeOver(setBack),
      isCured: () => this.#isRelieved(),
    },
    'stale-cache': {
      isLasting: false,
      labels: () => this.#onlyReal(),
      onset: () => this.#comeOver(makeStale),
      isCured: () => this.#seen()?.isStale === false,
    },
  };

  /** Looks again in the background; one look at a time. */
  step(): void {
    if (this.#isBusy) return;
    this.#do(async (redis) => {
      await this.#press(redis);
      const onsets = this.#onsets.done;
      this.#reading = { ...(await readingOf(redis)), onsets };
    });
  }

  get ratio(): number {
    const { used, max } = this.#now();
    return max === 0 ? NaN : used / max;
  }

  isFull(): boolean {
    return this.ratio > fullAbove;
  }

  metrics(): readonly Metric[] {
    const { used, max } = this.#now();
    return [
      gauge('redis_memory_used_bytes', 'Memory that Redis uses.', [[{}, used]]),
      gauge('redis_memory_max_bytes', 'Memory that Redis may use; 0: no bound.', [[{}, max]]),
    ];
  }

  /** As the platform has it. */
  heal(): void {
    this.#do(async (redis) => {
      await redis.flushdb();
      await setBack(redis);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
    this.#redis?.disconnect();
  }

  #now(): Reading {
    return this.#redis === undefined ? simulated : (this.#reading ?? { ...simulated, max: 0 });
  }

  #comeOver(work: (redis: Redis) => Promise<void>): void {
    const onset = (this.#onsets.asked += 1);
    this.#do(async (redis) => {
      await work(redis);
      this.#onsets.done = onset;
    });
  }

  /** What was read since the last fault came. */
  #seen(): Reading | undefined {
    return this.#reading?.onsets === this.#onsets.asked ? this.#reading : undefined;
  }

  #onlyReal(): Readonly<Record<string, string>> | undefined {
    return this.#redis === undefined ? undefined : {};
  }

  /** Only room helps: what is flushed comes back with the next requests. */
  #isRelieved(): boolean {
    const seen = this.#seen();
    return seen !== undefined && seen.max !== ordinaryBytes && (seen.max === 0 || seen.used / seen.max <= fullAbove);
  }

  async #press(redis: Redis): Promise<void> {
    const rush = this.#find('memory-full');
    const stale = this.#find('stale-cache');
    if (stale?.isStubborn === true) await makeStale(redis);
    if (rush === undefined) return;
    if (rush.isStubborn) await setBack(redis);
    const { used, max } = await readingOf(redis);
    const wanted = max === ordinaryBytes ? Math.floor((ordinaryBytes * rushShare - used) / entryBytes) : 0;
    const keys = Array.from({ length: Math.max(0, Math.min(most.perLook, wanted)) }, () => `guardrails:cache:${(this.#written += 1)}`);
    for (const key of keys) await redis.set(key, value);
  }

  /** In the background, one after the other; what Redis does not answer is left out. */
  #do(work: (redis: Redis) => Promise<void>): void {
    const redis = this.#redis;
    if (redis === undefined || this.#isClosed) return;
    this.#isBusy = true;
    const done = this.#work.then(async () => {
      try {
        await work(redis);
      } catch {
        this.#reading = undefined;
      }
    });
    this.#work = done;
    void done.then(() => {
      if (this.#work === done) this.#isBusy = false;
    });
  }
}

async function setBack(redis: Redis): Promise<void> {
  await redis.config('SET', 'maxmemory', String(ordinaryBytes));
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
}

async function makeStale(redis: Redis): Promise<void> {
  const entries = Array.from({ length: staleKeys }, (_, index) => [`${staleMark}:${index}`, 'of an older model'] as const);
  await redis.mset(new Map([...entries, [staleMark, '1']]));
}

async function readingOf(redis: Redis): Promise<Omit<Reading, 'onsets'>> {
  const text = await redis.info('memory');
  const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? NaN);
  return { used: field('used_memory'), max: field('maxmemory'), isStale: (await redis.exists(staleMark)) === 1 };
}
