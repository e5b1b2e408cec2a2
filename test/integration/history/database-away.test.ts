import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { postgresHistory } from '../../../src/adapters/history/postgres-history.ts';
import { runBook } from '../../../src/pipeline/run-book.ts';
import type { History } from '../../../src/ports/history.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { liveThrough, projecting, untilCaughtUp } from './projecting.ts';

describe('the database of history', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let postgres: PostgresServer;

  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  }, 60_000);

  afterAll(async () => {
    await redis.stop();
    await postgres.stop();
  });

  const openHistory = (): History => postgresHistory({ url: postgres.url, describe: 'PostgreSQL', log: quietLog });

  async function query(statement: string): Promise<string> {
    const { stdout } = await promisify(execFile)(join(postgres.binFolder, 'psql'), ['-qtA', '-c', statement, postgres.url]);
    return stdout.trim();
  }

  it('killed and restarted under load holds no run up, and has everything once afterwards, from three processes', async () => {
    const histories = [openHistory(), openHistory(), openHistory()];
    const [history = openHistory()] = histories;
    await using rig = projecting(redis.url);
    const { store } = rig;
    const projectors = histories.map((one) => rig.start(one));
    const ids: string[] = [];
    const over = new AbortController();
    const load = Array.from({ length: 4 }, async (_none, worker) => {
      for (let index = 0; !over.signal.aborted; index += 1) {
        const { id } = await liveThrough(store, `w${worker}n${index}-1`);
        ids.push(id);
      }
    });
    try {
      for (let round = 0; round < 3; round += 1) {
        const before = ids.length;
        await waitUntil(() => ids.length > before + 100, { describe: 'runs to go on with the database' });
        await postgres.kill9();
        const down = ids.length;
        await waitUntil(() => ids.length > down + 100, { describe: 'runs to go on without the database' });
        expect(await projectors[0]?.lag()).toBeGreaterThan(0);
        await postgres.restart();
      }
    } finally {
      over.abort();
      await Promise.all(load);
    }
    await untilCaughtUp(store, history);
    const { count } = await store.lineage('none');
    expect(await query('select count(*), count(distinct number), min(number), max(number) from fixpoint_entries')).toBe(
      `${count}|${count}|1|${count}`,
    );
    expect(await query("select count(*), count(distinct id) from fixpoint_runs where phase = 'superseded'")).toBe(
      `${ids.length}|${ids.length}`,
    );
    expect(await query('select count(*) from fixpoint_gaps')).toBe('0');
    expect(await projectors[0]?.lag()).toBe(0);
    expect(ids.length).toBeGreaterThan(600);
    for (const one of histories) await one.close();
  });

  it('away, or there and silent, leaves the answers to Redis and says so', async () => {
    await using proxy = await startProxy({ port: postgres.port });
    const url = postgres.url.replace(`:${postgres.port}/`, `:${proxy.port}/`);
    const history = postgresHistory({ url, describe: 'PostgreSQL', log: quietLog });
    await using rig = projecting(redis.url, { prefix: '{away}:' });
    rig.start(history);
    await liveThrough(rig.store, 'kept-1');
    await untilCaughtUp(rig.store, history);
    const book = runBook({ store: rig.store, history, clock: systemClock(), log: quietLog });
    const listed = async () => {
      const { runs, history: state } = await book.list({ limit: 10, subject: 'kubernetes/default/shop/deployment.apps/web', since: 0 });
      return [runs.some(({ id }) => id === 'kept-1'), state];
    };
    expect(await listed()).toEqual([true, 'available']);
    proxy.stall();
    expect(await listed()).toEqual([true, 'unavailable']);
    await expect(book.find('nobody-1')).rejects.toMatchObject({ code: 'history.unavailable' });
    proxy.restore();
    await waitUntil(async () => (await listed())[1] === 'available', { describe: 'history to answer again' });
    await postgres.kill9();
    expect(await listed()).toEqual([true, 'unavailable']);
    expect(await book.find('kept-1')).toMatchObject({ run: { phase: 'superseded' }, history: 'unavailable' });
    await postgres.restart();
    await waitUntil(async () => (await listed())[1] === 'available', { describe: 'history to answer again' });
    expect(await book.find('nobody-1')).toBeUndefined();
    await history.close();
  });
});
