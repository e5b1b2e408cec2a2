import type { Redis, RedisOptions } from 'ioredis';
import { FixpointError } from '../../errors.ts';
import type { Log } from '../../ports/log.ts';
import { openRedis, type RedisPlace } from './redis-place.ts';

export interface RedisLinkOptions {
  readonly url: RedisPlace;
  readonly log: Log;
  /** Until a question counts as unanswered; 900 ms unless told, so that callers hear within a second. */
  readonly timeoutMs?: number;
  /** Shown by `CLIENT LIST`. */
  readonly name?: string;
}

/**
 * A connection that answers or fails within a bounded time, whatever Redis does: down, frozen, gone without a word, or never
 * there. It reconnects by itself and repeats nothing: what was under way when it broke has failed.
 */
export class RedisLink {
  readonly client: Redis;
  readonly #log: Log;
  readonly #timeoutMs: number;
  #ready = readiness();
  #heardAt = Date.now();
  #isClosed = false;
  #isDown = false;

  constructor(options: RedisLinkOptions) {
    this.#log = options.log;
    this.#timeoutMs = options.timeoutMs ?? 900;
    this.client = openRedis(options.url, {
      ...connectionOptions,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectionName: options.name ?? 'fixpoint',
    });
    this.client.on('error', (error: Error) => this.#noticeDown(error));
    this.client.on('close', () => {
      if (this.#ready.isOpen) this.#ready = readiness();
    });
    this.client.on('ready', () => {
      this.#heardAt = Date.now();
      this.#ready.open();
      if (this.#isDown) this.#log.info({}, 'Redis answers again');
      this.#isDown = false;
    });
  }

  /**
   * Waits for the connection and then for what `ask` asks; together no longer than the timeout, to which `extraMs` is
   * added for work that takes Redis long. Throws `store.unavailable`.
   */
  async ask<T>(ask: (client: Redis) => Promise<T>, extraMs = 0): Promise<T> {
    if (this.#isClosed) throw new FixpointError('store.unavailable', 'the connection to Redis is closed');
    const limit = this.#timeoutMs + extraMs;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#suspect(limit);
        reject(new FixpointError('store.unavailable', `Redis did not answer within ${limit} ms`));
      }, limit);
    });
    try {
      // In two steps: what nobody waits for any more is not asked.
      if (this.client.status !== 'ready') await Promise.race([this.#ready.opened, late]);
      const answer = await Promise.race([ask(this.client), late]);
      this.#heardAt = Date.now();
      return answer;
    } catch (error) {
      throw translate(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.client.status === 'ready') {
      await Promise.race([this.client.quit().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
    }
    this.client.disconnect();
  }

  /** A peer that vanished without a word would be waited for until the kernel gives up: break the connection off instead. */
  #suspect(limit: number): void {
    if (this.#isClosed || Date.now() - this.#heardAt < limit + silenceMs) return;
    this.#heardAt = Date.now();
    this.client.disconnect(true);
  }

  #noticeDown(error: Error): void {
    if (this.#isDown || this.#isClosed) return;
    this.#isDown = true;
    this.#log.warn({ err: error }, 'Redis cannot be reached, trying again');
  }
}

const silenceMs = 3000;

interface Readiness {
  readonly opened: Promise<void>;
  readonly isOpen: boolean;
  open(): void;
}

function readiness(): Readiness {
  let isOpen = false;
  let resolveOpened = (): void => {};
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return {
    opened,
    get isOpen() {
      return isOpen;
    },
    open() {
      isOpen = true;
      resolveOpened();
    },
  };
}

/** How every connection of ours reconnects: soon, and for ever. */
export const connectionOptions = {
  connectTimeout: 2000,
  // Redis before 7.2 does not know what it would tell, and our ACL does not allow it.
  disableClientInfo: true,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times - 1, 4), 500),
  // After a failover the old connection may lead to a replica.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} as const satisfies RedisOptions;

function translate(error: unknown): FixpointError {
  if (error instanceof FixpointError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isOurFault = /^(ERR|WRONGTYPE|NOSCRIPT)\b/.test(message) && !/max number of clients|loading/i.test(message);
  if (isOurFault) return new FixpointError('internal', `Redis refuses what was asked: ${message}`, { cause: error });
  return new FixpointError('store.unavailable', `Redis cannot be used: ${message}`, { cause: error });
}
