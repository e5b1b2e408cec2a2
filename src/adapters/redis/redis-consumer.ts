import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Log } from '../../ports/log.ts';
import type { Consumer } from '../../ports/queue.ts';
import { pauseAfter } from '../queue-order.ts';

export interface RedisConsumerOptions<T> {
  readonly name: string;
  readonly prefix: string;
  /** With `maxRetriesPerRequest: null`; closed with the consumer. */
  readonly connection: Redis;
  readonly log: Log;
  readonly concurrency: number;
  readonly redelivery?: Redelivery;
  handler(data: T, signal: AbortSignal): Promise<void>;
}

/** A message whose worker is dead or frozen comes again within both of these, ms. */
export interface Redelivery {
  readonly lockDuration: number;
  readonly stalledInterval: number;
}

const usualRedelivery: Redelivery = { lockDuration: 5000, stalledInterval: 3000 };

/** For handlers to end after they were told to, and then for Redis to hear of it, ms. */
const endGrace = 500;

export function consumeRedisQueue<T>(options: RedisConsumerOptions<T>): Consumer {
  const { name, prefix, connection, log, concurrency, redelivery = usualRedelivery, handler } = options;
  const worker = new Worker<T, void>(
    name,
    // BullMQ passes the signal only to a function of three parameters.
    async (job, _token, signal) => {
      try {
        await handler(job.data, signal ?? new AbortController().signal);
      } catch (error) {
        log.warn({ err: error, queue: name, message: job.id }, 'message could not be handled, it comes again');
        // Some errors mean something to BullMQ: to it they are all the same.
        throw new Error('not handled', { cause: error });
      }
    },
    {
      connection,
      prefix,
      concurrency,
      lockDuration: redelivery.lockDuration,
      stalledInterval: redelivery.stalledInterval,
      maxStalledCount: 2 ** 31,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      settings: { backoffStrategy: (attempts) => pauseAfter(attempts) },
    },
  );
  worker.on('error', (error) => log.debug({ err: error, queue: name }, 'consumer failed'));
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'the lock of the message is lost');
  });

  async function close(graceMs: number): Promise<void> {
    const closing = worker.close();
    const isClosed = await inTime(closing, graceMs);
    if (!isClosed) {
      worker.cancelAllJobs('the consumer is closing');
      await inTime(closing, endGrace);
    }
    worker.disconnect().catch((error: unknown) => log.debug({ err: error, queue: name }, 'consumer failed to disconnect'));
    connection.disconnect();
  }

  let closed: Promise<void> | undefined;
  return {
    close(graceMs) {
      closed ??= close(graceMs);
      return closed;
    },
  };
}

/** Whether it ended in time; failures count as ended. */
async function inTime(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const isDone = await Promise.race([
    work.then(
      () => true,
      () => true,
    ),
    late,
  ]);
  clearTimeout(timer);
  return isDone;
}
