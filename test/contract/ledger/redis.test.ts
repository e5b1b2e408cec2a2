import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisLedger } from '../../../src/adapters/redis/redis-ledger.ts';
import { defaultStoreLimits } from '../../../src/adapters/store-limits.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { quietLog } from '../quiet-log.ts';
import { ledgerContract } from './ledger-contract.ts';
import { ask, start, type LedgerUnderTest } from './ledger-under-test.ts';
import { notesContract } from './notes-contract.ts';

describe('the ledger in Redis', () => {
  let server: RedisServer;
  let links: readonly RedisLink[] = [];
  let opened = 0;

  beforeAll(async () => {
    server = await startRedis();
    links = [0, 1].map(() => new RedisLink({ url: server.url, log: quietLog }));
  });

  afterAll(async () => {
    for (const link of links) await link.close();
    await server.stop();
  });

  const open = async (): Promise<LedgerUnderTest> => {
    opened += 1;
    let time = start;
    const prefix = `{test${opened}}:`;
    const [ledger, other] = links.map((link) => redisLedger({ link, prefix, testTime: () => time }));
    if (ledger === undefined || other === undefined) throw new Error('two links are open');
    const setTime = (ms: number): void => {
      time = ms;
    };
    return { ledger, other, setTime, advance: (ms) => setTime(time + ms) };
  };

  it('acquires everything, and refuses, in one round trip', async () => {
    const { ledger } = await open();
    const [link] = links;
    if (link === undefined) throw new Error('two links are open');
    const monitor = await link.client.duplicate().monitor();
    const sent: string[] = [];
    monitor.on('monitor', (_time: string, args: readonly string[], source: string) => {
      if (source !== 'lua') sent.push(args[0]?.toLowerCase() ?? '');
    });
    const claims = [
      { kind: 'cooldown', key: 'c' },
      { kind: 'rate', key: 'r', rate: { count: 1, window: 1000 } },
      { kind: 'attempts', key: 'a', max: 1 },
      { kind: 'slot', key: 's', max: 1, lease: 1000 },
      { kind: 'lock', key: 'l', lease: 1000 },
    ] as const;
    // Its script is known to Redis by now, or is with this.
    await ledger.acquire({ run: 'zero', fence: 1, claims: [] });
    await link.client.echo('begin');
    const granted = await ledger.acquire({ run: 'one', fence: 1, claims });
    const refused = await ledger.acquire({ run: 'two', fence: 1, claims });
    await link.client.echo('end');
    await expect.poll(() => sent.filter((command) => command === 'echo').length).toBe(2);
    monitor.disconnect();
    expect([granted.outcome, refused.outcome]).toEqual(['granted', 'refused']);
    expect(sent.slice(sent.indexOf('echo') + 1, -1)).toEqual(['evalsha', 'evalsha']);
  });

  ledgerContract(open);
  notesContract(open);

  it('remembers the attempts of an incident for as long as one may be open', async () => {
    const { ledger } = await open();
    await ask(ledger, 'a', { kind: 'attempts', key: 'incident', max: 1 });
    const [client] = links.map((link) => link.client);
    const keys = (await client?.keys(`{test${opened}}:ledger:attempts:*`)) ?? [];
    const lives = await Promise.all(keys.map(async (key) => await client?.pttl(key)));
    expect(lives).toEqual([expect.closeTo(defaultStoreLimits.incidentLife, -6)]);
  });
});
