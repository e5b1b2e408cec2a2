import type { Redis } from 'ioredis';
import { Queue as BullQueue, type JobsOptions } from 'bullmq';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Message, Queue, QueueDepth } from '../../ports/queue.ts';
import { checkMessageIds, turnOf } from '../queue-order.ts';
import { consumeRedisQueue, type Redelivery } from './redis-consumer.ts';
import { connectionOptions, type RedisLink } from './redis-link.ts';
import { openRedis, type RedisPlace } from './redis-place.ts';

export interface RedisQueueOptions {
  readonly name: string;
  /** Adds go through it and fail within its timeout. */
  readonly link: RedisLink;
  /** For the connections of consumers, which wait. */
  readonly url: RedisPlace;
  readonly log: Log;
  readonly clock: Clock;
  /** Starts every key; `{fixpoint}:queue` unless told: in one slot of a Redis Cluster with the rest. */
  readonly prefix?: string;
  /** How soon the messages of a dead worker come again; 5 s and 3 s unless told. */
  readonly redelivery?: Redelivery;
}

/** BullMQ sorts by a number from 1 to 2^21 - 1, lowest first. In steps of five seconds they last four months; then they begin anew. */
const priorities = 2 ** 21 - 1;
const msPerPriority = 5000;

/** A consumer's question waits in Redis for up to ten seconds; no answer for so long means that nobody is there, ms. */
const socketTimeout = 20_000;

/** Every handler that throws is tried again, for ever. */
const attempts = 2 ** 31;

/** A queue on BullMQ, which keeps no message that is done. `close` closes its consumers and leaves the link open. */
export function redisQueue<T>(options: RedisQueueOptions): Queue<T> {
  const { name, link, clock, prefix = '{fixpoint}:queue', redelivery } = options;
  const consumers = new Set<{ close(graceMs: number): Promise<void> }>();
  let queue: BullQueue<T, void, string, T, void, string> | undefined;

  // Made once Redis answers: before that it would wait for it without end.
  function connected(): BullQueue<T, void, string, T, void, string> {
    queue ??= makeQueue();
    return queue;
  }

  function makeQueue(): BullQueue<T, void, string, T, void, string> {
    const made = new BullQueue<T, void, string, T, void, string>(name, {
      connection: link.client,
      prefix,
      skipVersionCheck: true,
      streams: { events: { maxLen: 100 } },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts, backoff: { type: 'custom' } },
    });
    made.on('error', (error) => options.log.debug({ err: error, queue: name }, 'queue connection failed'));
    return made;
  }

  function jobOptions({ id, delay = 0, urgency = 'normal' }: Message<T>): JobsOptions {
    const turn = turnOf({ urgency, at: clock.now() + delay });
    return { jobId: `m${id}`, delay: Math.ceil(delay), priority: 1 + (Math.floor(turn / msPerPriority) % priorities) };
  }

  return {
    async add(message) {
      checkMessageIds([message]);
      await link.ask(() => connected().add('m', message.data as never, jobOptions(message)));
    },

    async addAll(messages) {
      checkMessageIds(messages);
      if (messages.length === 0) return;
      const jobs = messages.map((message) => ({ name: 'm', data: message.data as never, opts: jobOptions(message) }));
      await link.ask(() => connected().addBulk(jobs), messages.length);
    },

    consume({ concurrency, handler }) {
      const connection = openRedis(options.url, {
        ...connectionOptions,
        maxRetriesPerRequest: null,
        connectionName: `fixpoint-${name}`,
        socketTimeout,
      });
      connection.on('error', (error: Error) => options.log.debug({ err: error, queue: name }, 'consumer connection failed'));
      const timing = redelivery === undefined ? {} : { redelivery };
      const consumer = consumeRedisQueue({ name, prefix, connection, log: options.log, concurrency, handler, ...timing });
      consumers.add(consumer);
      return consumer;
    },

    depth: () => link.ask((client) => readDepth(client, (type) => `${prefix}:${name}:${type}`)),

    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.close(0)));
      await queue?.close();
    },
  };
}

/** Messages looked at to find the oldest; the first to be handed out may be up to half a minute younger than another. */
const looked = 100;

async function readDepth(client: Redis, key: (type: string) => string): Promise<QueueDepth> {
  const [plain, sorted, delayed, active, plainIds, sortedIds] = await Promise.all([
    client.llen(key('wait')),
    client.zcard(key('prioritized')),
    client.zcard(key('delayed')),
    client.llen(key('active')),
    client.lrange(key('wait'), -looked, -1),
    client.zrange(key('prioritized'), '0', String(looked - 1)),
  ]);
  const jobs = await Promise.all([...plainIds, ...sortedIds].map((id) => client.hmget(key(id), 'timestamp', 'opts')));
  const times = jobs.filter(([timestamp]) => timestamp !== null).map(([timestamp, opts]) => Number(timestamp) + delayOf(opts));
  return { waiting: plain + sorted, delayed, active, ...(times.length === 0 ? {} : { oldestAt: Math.min(...times) }) };
}

function delayOf(options: string | null | undefined): number {
  const { delay } = JSON.parse(options ?? '{}') as { delay?: number };
  return delay ?? 0;
}
