import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqliteHistory } from '../../../src/adapters/history/sqlite-history.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { projecting, untilCaughtUp, type Projecting } from './projecting.ts';

const kilobyte = 1024;

describe('the journal in Redis', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let opened = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(async () => {
    await redis.stop();
  });

  function prefix(): string {
    opened += 1;
    return `{trim${opened}}:`;
  }

  function entries(count: number, bytes: number) {
    return Array.from({ length: count }, (_none, index) => ({ type: 'recurred', data: { index, text: 'x'.repeat(bytes) } }) as const);
  }

  async function journalBytes({ link }: Projecting, key: string): Promise<number> {
    return (await link.ask((client) => client.memory('USAGE', `${key}journal`, 'SAMPLES', 0))) ?? 0;
  }

  it('stays within its bytes when nobody sweeps and nobody reads, small entries before giant ones', async () => {
    const key = prefix();
    await using rig = projecting(redis.url, { prefix: key, limits: { journalBytes: 512 * kilobyte } });
    await rig.store.append(entries(2000, 10));
    for (let round = 0; round < 20; round += 1) await rig.store.append(entries(64, 16 * kilobyte));
    // What came since the last look, every 256 entries, is over it at most.
    expect(await journalBytes(rig, key)).toBeLessThan((512 + 256 * 17) * kilobyte);
    expect((await rig.store.lineage('g')).count).toBe(3280);
    await rig.store.sweep();
    expect(await journalBytes(rig, key)).toBeLessThan(512 * kilobyte);
    expect((await rig.store.journal('0', 10_000)).at(-1)?.number).toBe(3280);
  });

  it('lets even a single entry go that is larger than all may be', async () => {
    const key = prefix();
    await using rig = projecting(redis.url, { prefix: key, limits: { journalBytes: 64 * kilobyte } });
    await rig.store.append(entries(1, 200 * kilobyte));
    await rig.store.sweep();
    expect(await journalBytes(rig, key)).toBeLessThan(64 * kilobyte);
    await rig.store.append(entries(1, 10));
    expect((await rig.store.journal('0', 10)).map(({ number }) => number)).toEqual([2]);
  });

  it('lets go of what is too old when nobody sweeps', async () => {
    await using rig = projecting(redis.url, { prefix: prefix(), limits: { age: 50 } });
    await rig.store.append(entries(200, 10));
    const [first] = await rig.store.journal('0', 1);
    await waitUntil(async () => (await rig.store.time()) > (first?.at ?? 0) + 60, { describe: 'the entries to be too old' });
    await rig.store.append(entries(56, 10));
    expect(first?.number).toBe(1);
    expect((await rig.store.journal('0', 1))[0]?.number).toBeGreaterThan(99);
  });

  it('trimmed before history had it leaves a gap that says how many entries and when', async () => {
    using folder = temporaryFolder();
    const history = sqliteHistory(join(folder.path, 'history.db'));
    await using rig = projecting(redis.url, { prefix: prefix(), limits: { journal: 300 } });
    const first = rig.start(history);
    await rig.store.append(entries(10, 10));
    await untilCaughtUp(rig.store, history);
    await first.stop();
    await rig.store.append(entries(2000, 10));
    const [oldest] = await rig.store.journal('0', 1);
    rig.start(history);
    await untilCaughtUp(rig.store, history);
    const [gap, ...others] = await history.gaps(0, Number.MAX_SAFE_INTEGER);
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ cause: 'trimmed', missing: (oldest?.number ?? 0) - 11, to: oldest?.at });
    expect(gap?.from).toBeLessThanOrEqual(gap?.to ?? 0);
    expect(rig.logged.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'the journal let go of entries that history has not seen',
    ]);
    await rig.start(history).stop();
    await history.close();
  });
});
