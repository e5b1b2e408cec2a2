import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisLedger } from '../src/adapters/redis/redis-ledger.ts';
import { RedisLink } from '../src/adapters/redis/redis-link.ts';
import { ledgerKeys } from '../src/guards/ledger-keys.ts';
import type { Claimable, Ledger } from '../src/ports/ledger.ts';
import { formatTarget, type Target } from '../src/value/target.ts';
import { quantile, short } from './figures.ts';
import { startBenchRedis, type Fsync } from './own-redis.ts';
import { quietLog } from './quiet.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** Where the subjects of the crowd begin. */
const first = 1_000_000;
/** Reads the time and writes one key: the least that a decision kept by Redis takes. */
const leastScript = "return redis.call('INCR', KEYS[1]) + redis.call('TIME')[1]";

/** All that the guards ask of the ledger for one target, as a run that has its own incident would. */
function claimsOf(index: number): readonly Claimable[] {
  const target: Target = { technology: 'http', host: `bench-${index}`, port: 80 };
  // Many rules, each with a namespace of its own: no rule is let act on a hundred thousand things.
  const group = `bench-${index % 10_000}`;
  const rate = (scope: 'rule' | 'target' | 'namespace' | 'global', name: string): Claimable => ({
    kind: 'rate',
    key: ledgerKeys.rate(scope, name, hour),
    rate: { count: 1_000_000, window: hour },
  });
  return [
    { kind: 'cooldown', key: ledgerKeys.ruleCooldown('bench', `subject-${index}`) },
    { kind: 'cooldown', key: ledgerKeys.targetCooldown(target) },
    rate('rule', group),
    rate('target', `bench-${index}`),
    rate('namespace', group),
    rate('global', ''),
    { kind: 'attempts', key: ledgerKeys.attempts(`incident-${index}`), max: 3 },
    { kind: 'tally', key: ledgerKeys.recurrence(`subject-${index}`, day), limit: { count: 5, window: day } },
    { kind: 'tally', key: ledgerKeys.blastFailures('bench', hour), limit: { count: 3, window: hour } },
    {
      kind: 'spread',
      key: ledgerKeys.blast(group, hour),
      what: formatTarget(target),
      limit: { count: 1_000_000, window: hour },
    },
    { kind: 'flag', key: ledgerKeys.demoted('bench') },
    { kind: 'storm', key: 'subjects' },
    { kind: 'storm', key: 'alerts' },
    { kind: 'slot', key: ledgerKeys.slot('rule', group), max: 1_000_000, lease: 30_000 },
    { kind: 'lock', key: ledgerKeys.lock(target), lease: 30_000 },
  ];
}

/** What the end of a run leaves behind: cooldowns, a success, no lock and no place. */
async function end(ledger: Ledger, index: number): Promise<void> {
  const target: Target = { technology: 'http', host: `bench-${index}`, port: 80 };
  await ledger.cool([
    { key: ledgerKeys.ruleCooldown('bench', `subject-${index}`), length: hour },
    { key: ledgerKeys.targetCooldown(target), length: hour },
  ]);
  await ledger.note([
    { kind: 'tally', key: ledgerKeys.recurrence(`subject-${index}`, day), what: `incident-${index}-1`, limit: { count: 5, window: day } },
    {
      kind: 'ended',
      key: ledgerKeys.blast(`bench-${index % 10_000}`, hour),
      what: formatTarget(target),
      limit: { count: 10, window: hour },
      isGood: true,
    },
  ]);
  await ledger.settle(`incident-${index}-1`, [ledgerKeys.lock(target)], day);
}

/** Runs of so many subjects one after another, in a few connections' time; answers what they cost in Redis, MiB. */
async function fill(ledger: Ledger, redis: Redis, subjects: number): Promise<number> {
  const before = await usedMemory(redis);
  let next = first;
  const worker = async () => {
    while (next < first + subjects) {
      const index = next++;
      // A global rate keeps no more than its count, and nobody lets a hundred thousand through.
      const claims = claimsOf(index).filter(({ key }) => !key.startsWith('rate/global/'));
      await ledger.acquire({ run: `incident-${index}-1`, fence: index + 1, claims });
      await end(ledger, index);
    }
  };
  await Promise.all(Array.from({ length: 256 }, worker));
  return ((await usedMemory(redis)) - before) / 2 ** 20;
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** One acquisition with every guard of the ledger against one bare EVALSHA, one at a time, on the same Redis. */
export async function admission({
  count,
  fsyncs,
  subjects,
}: {
  count: number;
  fsyncs: readonly Fsync[];
  /** So many are in the ledger at the second measuring. */
  subjects: number;
}): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const fsync of fsyncs) {
    const redis = await startBenchRedis(fsync);
    const link = new RedisLink({ url: redis.url, log: quietLog });
    const ledger = redisLedger({ link });
    const bare = new Redis(redis.url);
    await bare.script('LOAD', leastScript);
    const sha = createHash('sha1').update(leastScript).digest('hex');
    const alone = await measure(ledger, () => bare.evalsha(sha, 1, 'bare'), { from: 0, count });
    const memory = await fill(ledger, bare, subjects);
    const crowded = await measure(ledger, () => bare.evalsha(sha, 1, 'bare'), { from: count + 1000, count });
    bare.disconnect();
    await link.close();
    await redis.stop();
    lines.push(
      `admission (appendfsync ${fsync}): ${told(alone)}; to beat: 0.5 ms, 5`,
      `  with ${subjects} subjects in the ledger: ${told(crowded)}; they cost ${short(memory)} MiB; to beat: 100 MB, no slower`,
    );
  }
  return lines;
}

interface Took {
  readonly ours: number[];
  readonly bare: number[];
}

function told({ ours, bare }: Took): string {
  const p50 = { ours: quantile(ours, 0.5), bare: quantile(bare, 0.5) };
  return `ours p50 ${short(p50.ours)} ms, p99 ${short(quantile(ours, 0.99))} ms; bare p50 ${short(p50.bare)} ms, p99 ${short(quantile(bare, 0.99))} ms; ratio of p50 ${short(p50.ours / p50.bare)}`;
}

/** In turns, after some of each to warm up. */
async function measure(ledger: Ledger, least: () => Promise<unknown>, { from, count }: { from: number; count: number }): Promise<Took> {
  const took: Took = { ours: [], bare: [] };
  for (let index = from; index < from + count + 200; index++) {
    const request = { run: `run-${index}`, fence: index + 1, claims: claimsOf(index) };
    const ours = await milliseconds(() => ledger.acquire(request));
    const bare = await milliseconds(least);
    if (index < from + 200) continue;
    took.ours.push(ours);
    took.bare.push(bare);
  }
  return took;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
