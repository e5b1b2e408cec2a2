import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Queue } from 'bullmq';
import fastify from 'fastify';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { systemClock } from '../src/adapters/clock/system-clock.ts';
import { systemIds } from '../src/adapters/clock/system-ids.ts';
import { redisLedger } from '../src/adapters/redis/redis-ledger.ts';
import { RedisLink } from '../src/adapters/redis/redis-link.ts';
import { redisQueue } from '../src/adapters/redis/redis-queue.ts';
import { redisStore } from '../src/adapters/redis/redis-store.ts';
import { createMetrics } from '../src/adapters/telemetry/metrics.ts';
import { buildServer } from '../src/api/server.ts';
import type { Notification } from '../src/pipeline/notification.ts';
import { emptyRulebook } from '../src/rule/rulebook.ts';
import { isTerminal, phases } from '../src/run/phase.ts';
import { runVersion } from '../src/run/run.ts';
import { mayGo } from '../src/run/transition.ts';
import { Secret } from '../src/value/secret.ts';
import { median, short } from './figures.ts';
import { startBenchRedis, type BenchRedis, type Fsync } from './own-redis.ts';
import { threeAlerts } from './payload.ts';
import { quietLog } from './quiet.ts';

const token = 'a-token-for-the-bench';

const Labels = z.record(z.string(), z.string());
/** The whole message as a bare receiver would check it. */
const Message = z.object({
  receiver: z.string(),
  status: z.enum(['firing', 'resolved']),
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: Labels,
      annotations: Labels,
      startsAt: z.string(),
      endsAt: z.string(),
      generatorURL: z.string(),
      fingerprint: z.string(),
    }),
  ),
  groupLabels: Labels,
  commonLabels: Labels,
  commonAnnotations: Labels,
  externalURL: z.string(),
  version: z.literal('4'),
  groupKey: z.string(),
  truncatedAlerts: z.number(),
});

export interface AcknowledgeSize {
  readonly seconds: number;
  readonly rounds: number;
  readonly fsyncs: readonly Fsync[];
}

interface Contender {
  readonly url: string;
  close(): Promise<void>;
}

/** Acknowledging: our webhook with authentication and metrics against bare Fastify + zod + one BullMQ add, on the same Redis. */
export async function acknowledge({ seconds, rounds, fsyncs }: AcknowledgeSize): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const fsync of fsyncs) {
    const redis = await startBenchRedis(fsync);
    const ours = await startOurs(redis);
    const bare = await startBare(redis);
    const rates: { ours: number; bare: number }[] = [];
    await load(ours.url, 1);
    await load(bare.url, 1);
    for (let round = 0; round < rounds; round++) rates.push({ ours: await load(ours.url, seconds), bare: await load(bare.url, seconds) });
    await ours.close();
    await bare.close();
    await redis.stop();
    const ratios = rates.map((rate) => rate.ours / rate.bare);
    lines.push(
      `acknowledge (appendfsync ${fsync}): ours ${short(median(rates.map((rate) => rate.ours)))}/s, bare ${short(median(rates.map((rate) => rate.bare)))}/s, ratio ${short(median(ratios))} (${ratios.map(short).join(', ')}); to beat: 0.9`,
    );
  }
  return lines;
}

async function load(url: string, seconds: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    new URL('load.ts', import.meta.url).pathname,
    url,
    String(seconds),
    threeAlerts(),
    token,
  ]);
  const { rate, refused } = JSON.parse(stdout) as { rate: number; refused: number };
  if (refused > 0) throw new Error(`${url} refused ${refused} requests`);
  return rate;
}

async function startOurs({ url }: BenchRedis): Promise<Contender> {
  const clock = systemClock();
  const link = new RedisLink({ url, log: quietLog });
  const store = redisStore({ link, url, law: { version: runVersion, phases, isTerminal, mayGo }, log: quietLog });
  const intake = redisQueue<Notification>({ name: 'ours', link, url, log: quietLog, clock });
  const metrics = createMetrics({
    version: 'bench',
    rules: () => [],
    read: { store, ledger: redisLedger({ link }), queues: { intake }, ready: async () => ({ ready: true }) },
    clock,
  });
  const nothing = () => Promise.reject(new Error('not in the bench'));
  const server = buildServer({
    isLoopback: true,
    access: { tokens: [] },
    sources: [{ name: 'default', credentials: [{ kind: 'bearer', token: () => new Secret(token) }] }],
    store,
    intake,
    operations: {
      act: nothing,
      undo: nothing,
      pauseLifted: nothing,
      replay: nothing,
      explain: nothing,
      restore: nothing,
      demotions: nothing,
      reload: nothing,
    },
    rulebook: () => emptyRulebook,
    actions: [],
    guards: [],
    clock,
    ids: systemIds(clock),
    metrics,
    metricsText: () => metrics.text(),
    log: quietLog,
    ready: () => Promise.resolve({ ready: true, reasons: [] }),
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `${origin}/api/v1/webhook/default`,
    async close() {
      await server.close();
      await intake.close();
      await store.close();
      await link.close();
    },
  };
}

async function startBare({ url }: BenchRedis): Promise<Contender> {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('bare', { connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } });
  const server = fastify();
  server.post('/webhook', async (request, reply) => {
    const message = Message.parse(request.body);
    const job = await queue.add('m', message);
    return reply.code(202).send({ accepted: message.alerts.length, notification: job.id });
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `${origin}/webhook`,
    async close() {
      await server.close();
      await queue.close();
      connection.disconnect();
    },
  };
}
