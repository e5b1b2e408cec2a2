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
