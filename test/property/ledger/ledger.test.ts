import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLedger } from '../../../src/adapters/memory/memory-ledger.ts';
import { redisLedger } from '../../../src/adapters/redis/redis-ledger.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { ownRedis } from '../own-redis.ts';
import { GrantLog } from './grant-log.ts';
import { steps, take } from './ledger-steps.ts';

const start = 1_700_000_000_000;
const nothing = { run: 'nobody', fence: 0, claims: [] };

describe('the ledger', () => {
  const server = ownRedis();

  it('in memory exceeds no limit, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        let time = start;
        const ledger = memoryLedger(() => time);
        const grants = new GrantLog();
        for (const step of given) {
          if (step.step === 'time') time += step.by;
          else expect(grants.note(step, await take(ledger, step), time)).toEqual([]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('in Redis answers as the one in memory does, and exceeds no limit', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        let time = start;
        const memory = memoryLedger(() => time);
        const redis = redisLedger({ ...server.open(), testTime: () => time });
        const grants = new GrantLog();
        // Both look at the clock at once, for a step that asks for nothing may not.
        for (const step of [{ step: 'time', by: 0 } as const, ...given]) {
          if (step.step === 'time') {
            time += step.by;
            grants.look(time);
            expect(await redis.peek(nothing)).toEqual(await memory.peek(nothing));
            continue;
          }
          const answer = await take(redis, step);
          expect(answer).toEqual(await take(memory, step));
          if (step.step === 'note') expect(await redis.standing()).toEqual(await memory.standing());
          expect(grants.note(step, answer, time)).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('in Redis keeps no key for ever but what is quarantined or flagged, and no log longer than its count', async () => {
    const { link } = server.open();
    await link.client.flushall();
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const { prefix } = server.open();
        let time = start;
        const redis = redisLedger({ link, prefix, testTime: () => time });
        for (const step of given) {
          if (step.step === 'time') time += step.by;
          else if (step.step !== 'quarantine') await take(redis, step);
        }
        const keys = await link.client.keys(`${prefix}ledger:*`);
        for (const key of keys.filter((one) => !one.endsWith(':ledger:flags'))) {
          expect(await link.client.pttl(key)).toBeGreaterThan(0);
          if (/:ledger:(?:rate|slot|tally|spread|ended|seen):/.test(key)) expect(await link.client.zcard(key)).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('in Redis keeps little more than the short records that are alive', async () => {
    let time = start;
    const { link, prefix } = server.open();
    const redis = redisLedger({ link, prefix, testTime: () => time });
    for (let round = 0; round < 10; round += 1) {
      await redis.cool(Array.from({ length: 4000 }, (_none, index) => ({ key: `${round}/${index}`, length: 1000 })));
      time += 1000;
    }
    const hashes = await link.client.keys(`${prefix}ledger:cooldown:*`);
    const lengths = await Promise.all(hashes.map((hash) => link.client.hlen(hash)));
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(10_000);
  });

  it('in Redis exceeds no limit under many workers at once, in its own time', async () => {
    const { url, prefix } = server.open();
    const links = Array.from({ length: 4 }, () => new RedisLink({ url, log: quietLog }));
    const rate = { count: 3, window: 200 };
    const granted: number[] = [];
    const holders = new Set<string>();
    let overlaps = 0;
    const deadline = performance.now() + 1500;
    // However slow the machine is: a few windows have to be full.
    const isEnough = (): boolean => performance.now() >= deadline && granted.length > 10;
    await Promise.all(
      links.map(async (one, worker) => {
        const ledger = redisLedger({ link: one, prefix });
        for (let turn = 0; !isEnough(); turn += 1) {
          const run = `${worker}-${turn}`;
          const answer = await ledger.acquire({
            run,
            fence: turn + 1,
            claims: [
              { kind: 'rate', key: 'r', rate },
              { kind: 'lock', key: 'x', lease: 5000 },
            ],
          });
          if (answer.outcome !== 'granted') continue;
          granted.push(answer.time);
          if (holders.size > 0) overlaps += 1;
          holders.add(run);
          await new Promise((resolve) => setImmediate(resolve));
          holders.delete(run);
          await ledger.release(run, ['x']);
        }
      }),
    );
    for (const one of links) await one.close();

    const worst = Math.max(...granted.map((at) => granted.filter((other) => other >= at && other <= at + rate.window).length));
    expect(granted.length).toBeGreaterThan(10);
    expect(worst).toBe(rate.count);
    expect(overlaps).toBe(0);
  });
});
