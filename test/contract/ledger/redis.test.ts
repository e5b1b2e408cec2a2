import { afterAll, beforeAll, describe } from 'vitest';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisLedger } from '../../../src/adapters/redis/redis-ledger.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { quietLog } from '../quiet-log.ts';
import { ledgerContract } from './ledger-contract.ts';
import { start, type LedgerUnderTest } from './ledger-under-test.ts';
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
});
