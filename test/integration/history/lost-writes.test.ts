import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteHistory } from '../../../src/adapters/history/sqlite-history.ts';
import type { History } from '../../../src/ports/history.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { claimed, runOf } from '../../contract/store/records.ts';
import { liveThrough, projecting, untilCaughtUp, type Projecting } from './projecting.ts';

describe('a Redis that has lost what it had acknowledged', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let folder: TemporaryFolder;
  let history: History;

  beforeEach(async () => {
    folder = temporaryFolder();
    redis = await startRedis({ persist: true });
    history = sqliteHistory(join(folder.path, 'history.db'));
  });

  afterEach(async () => {
    await history.close();
    await redis.stop();
    folder.remove();
  });

  async function dataFolder(): Promise<string> {
    await using rig = projecting(redis.url);
    const [, path = ''] = await rig.link.ask((client) => client.config('GET', 'dir'));
    return path;
  }

  /** Brings Redis back as it was when `copy` was made. */
  async function restore(copy: string): Promise<void> {
    const data = await dataFolder();
    await redis.kill9();
    rmSync(join(data, 'appendonlydir'), { recursive: true, force: true });
    rmSync(join(data, 'appendonly.aof'), { force: true });
    cpSync(copy, data, { recursive: true });
    await redis.restart();
  }

  async function backup(): Promise<string> {
    const data = await dataFolder();
    const copy = join(folder.path, 'copy');
    await redis.halt();
    cpSync(data, copy, { recursive: true });
    await redis.restart();
    return copy;
  }

  async function mayAct({ store }: Projecting): Promise<string> {
    const run = runOf(`probe${performance.now()}-1`);
    await store.createRuns([{ run, entries: [] }]);
    const fence = await claimed(store, run.id);
    return (await store.permit(run.id, fence, { rule: run.rule, source: 'main', namespaces: [], targets: [], onlyWhileFiring: false }))
      .outcome;
  }

  async function untilFrozen(rig: Projecting): Promise<void> {
    await waitUntil(async () => (await mayAct(rig)) === 'paused', { describe: 'effects to be frozen' });
  }

  async function expectOneCall({ store, logged }: Projecting): Promise<void> {
    const calls = await store.takeCalls(10, 1000);
    expect(calls.map(({ message: { title, severity } }) => [title, severity])).toEqual([
      ['Fixpoint: Redis has lost what it had acknowledged', 'critical'],
    ]);
    expect(logged.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'Redis has lost writes, effects are frozen',
    ]);
    expect((await history.gaps(0, Number.MAX_SAFE_INTEGER)).map(({ cause }) => cause)).toEqual(['lost']);
  }

  it('because an older copy was put back, is noticed while running, also when new entries came first', async () => {
    await using rig = projecting(redis.url);
    const first = rig.start(history);
    await liveThrough(rig.store, 'before-1');
    await untilCaughtUp(rig.store, history);
    const copy = await backup();
    await liveThrough(rig.store, 'between-1');
    await untilCaughtUp(rig.store, history);
    expect(await mayAct(rig)).toBe('go');
    await untilCaughtUp(rig.store, history);
    await first.stop();
    await restore(copy);
    // As many entries as history has seen, and more: their number alone would not tell.
    for (let index = 0; index < 5; index += 1) await liveThrough(rig.store, `after${index}-1`);
    rig.start(history);
    await untilFrozen(rig);
    await untilCaughtUp(rig.store, history);
    await expectOneCall(rig);
    expect(await rig.store.run('between-1')).toBeUndefined();
    const known = (await history.runs({ limit: 20 })).runs.map(({ id }) => id);
    expect(known).toEqual(expect.arrayContaining(['before-1', 'between-1', 'after0-1', 'after4-1']));
  });

  it('because an older copy was put back under a running process, is noticed before anything is written', async () => {
    await using rig = projecting(redis.url);
    rig.start(history);
    await liveThrough(rig.store, 'before-1');
    await untilCaughtUp(rig.store, history);
    const copy = await backup();
    await liveThrough(rig.store, 'between-1');
    await untilCaughtUp(rig.store, history);
    await restore(copy);
    await untilFrozen(rig);
    await untilCaughtUp(rig.store, history);
    await expectOneCall(rig);
    expect(await history.run('between-1')).toMatchObject({ phase: 'superseded' });
  });

  it('because it is an empty one, is noticed before anything is done', async () => {
    await using rig = projecting(redis.url);
    const before = rig.start(history);
    await liveThrough(rig.store, 'before-1');
    await untilCaughtUp(rig.store, history);
    await before.stop();
    await rig.link.ask((client) => client.flushall());
    const projector = rig.start(history);
    await projector.look();
    expect(await mayAct(rig)).toBe('paused');
    await untilCaughtUp(rig.store, history);
    await expectOneCall(rig);
    expect(await history.run('before-1')).toMatchObject({ phase: 'superseded' });
  });

  it('is told once, however many processes notice, and not again by the next start', async () => {
    await using rig = projecting(redis.url);
    rig.start(history);
    await liveThrough(rig.store, 'before-1');
    await untilCaughtUp(rig.store, history);
    rig.start(history);
    rig.start(history);
    await rig.link.ask((client) => client.flushall());
    await untilFrozen(rig);
    await untilCaughtUp(rig.store, history);
    await using next = projecting(redis.url);
    const projector = next.start(history);
    await projector.look();
    await expectOneCall(rig);
    expect(next.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is not what a Redis has done that was killed with everything on disk', async () => {
    await using rig = projecting(redis.url);
    rig.start(history);
    for (let round = 0; round < 3; round += 1) {
      await liveThrough(rig.store, `round${round}-1`);
      await redis.kill9();
      await redis.restart();
      await waitUntil(async () => (await rig.store.time()) > 0, { describe: 'Redis to answer again' });
    }
    await untilCaughtUp(rig.store, history);
    expect([await mayAct(rig), await history.gaps(0, Number.MAX_SAFE_INTEGER), await rig.store.takeCalls(10, 1000)]).toEqual([
      'go',
      [],
      [],
    ]);
  });
});
