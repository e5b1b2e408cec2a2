import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisLedger } from '../src/adapters/redis/redis-ledger.ts';
import { RedisLink } from '../src/adapters/redis/redis-link.ts';
import { ledgerKeys } from '../src/guards/ledger-keys.ts';
import type { Claimable } from '../src/ports/ledger.ts';
import type { Target } from '../src/value/target.ts';
import { quantile, short } from './figures.ts';
import { startBenchRedis, type Fsync } from './own-redis.ts';
import { quietLog } from './quiet.ts';

const hour = 3_600_000;
/** Reads the time and writes one key: the least that a decision kept by Redis takes. */
const leastScript = "return redis.call('INCR', KEYS[1]) + redis.call('TIME')[1]";

/** All that the guards ask of the ledger for one target, as a run that has its own incident would. */
function claimsOf(index: number): readonly Claimable[] {
  const target: Target = { technology: 'http', host: `bench-${index}`, port: 80 };
  const rate = (scope: 'rule' | 'target' | 'namespace' | 'global', name: string): Claimable => ({
    kind: 'rate',
    key: ledgerKeys.rate(scope, name, hour),
    rate: { count: 1_000_000, window: hour },
  });
  return [
    { kind: 'cooldown', key: ledgerKeys.ruleCooldown('bench', `subject-${index}`) },
    { kind: 'cooldown', key: ledgerKeys.targetCooldown(target) },
    rate('rule', 'bench'),
    rate('target', `bench-${index}`),
    rate('namespace', 'bench'),
    rate('global', ''),
    { kind: 'attempts', key: ledgerKeys.attempts(`incident-${index}`), max: 3 },
    { kind: 'lock', key: ledgerKeys.lock(target), lease: 30_000 },
  ];
}

/** One acquisition with every guard of the ledger against one bare EVALSHA, one at a time, on the same Redis. */
export async function admission({ count, fsyncs }: { count: number; fsyncs: readonly Fsync[] }): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const fsync of fsyncs) {
    const redis = await startBenchRedis(fsync);
    const link = new RedisLink({ url: redis.url, log: quietLog });
    const ledger = redisLedger({ link });
    const bare = new Redis(redis.url);
    await bare.script('LOAD', leastScript);
    const sha = createHash('sha1').update(leastScript).digest('hex');
    const took = { ours: [] as number[], bare: [] as number[] };
    for (let index = 0; index < count + 200; index++) {
      const request = { run: `run-${index}`, fence: index + 1, claims: claimsOf(index) };
      const ours = await milliseconds(() => ledger.acquire(request));
      const least = await milliseconds(() => bare.evalsha(sha, 1, `bare-${index}`));
      if (index < 200) continue;
      took.ours.push(ours);
      took.bare.push(least);
    }
    bare.disconnect();
    await link.close();
    await redis.stop();
    const p50 = { ours: quantile(took.ours, 0.5), bare: quantile(took.bare, 0.5) };
    lines.push(
      `admission (appendfsync ${fsync}): ours p50 ${short(p50.ours)} ms, p99 ${short(quantile(took.ours, 0.99))} ms; bare p50 ${short(p50.bare)} ms, p99 ${short(quantile(took.bare, 0.99))} ms; ratio of p50 ${short(p50.ours / p50.bare)}; to beat: 0.5 ms, 5`,
    );
  }
  return lines;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
