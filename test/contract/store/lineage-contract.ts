import { describe, expect, it } from 'vitest';
import type { Replica } from '../../../src/ports/replicas.ts';
import { minute, start, type StoreHarness } from './harness.ts';
import { claimed, inPhase, openWithRun } from './records.ts';

const message = {
  key: 'redis/g-9',
  kind: 'call',
  rule: 'none',
  subject: 'fixpoint/redis',
  reason: 'why',
  changes: [],
  incident: 'redis-g',
  run: '',
  severity: 'critical',
  title: 'lost',
  text: 'why',
  labels: { rule: 'none' },
};

function replica(id: string, given: Partial<Replica> = {}): Replica {
  return { id, role: 'worker', rulebook: 'b1', history: 'postgres', host: 'h', process: { pid: 7, started: '9' }, ...given };
}

export function lineageContract(harness: StoreHarness): void {
  describe('the lineage', () => {
    it('has the generation that came first, and counts every journal entry ever written', async () => {
      const { store, other, now } = await harness.open({ journal: 1 });
      expect(await store.lineage('g1')).toEqual({ generation: 'g1', count: 0, time: now() });
      for (let index = 0; index < 3; index += 1) await store.append([{ type: 'recurred', data: { index } }]);
      expect(await other.lineage('g2')).toEqual({ generation: 'g1', count: 3, time: now() });
      const records = await store.journal('0', 10);
      expect(records.at(-1)).toMatchObject({ number: 3, data: { index: 2 } });
    });

    it('numbers the entries of a run as the journal does, and keeps the record of its end out of them', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      const entries = [
        { type: 'verdict', run: run.id, data: {} },
        { type: 'run-ended', run: run.id, data: { record: { id: run.id } } },
      ] as const;
      await store.commit({ run: inPhase(run, 'superseded'), fence, entries });
      const all = await store.journal('0', 10);
      expect(all.map(({ number, type }) => [number, type])).toEqual([
        [1, 'incident-opened'],
        [2, 'run-created'],
        [3, 'verdict'],
        [4, 'run-ended'],
      ]);
      expect(await store.journalOf(run.id)).toEqual(all.slice(1, 3));
    });
  });

  describe('a freeze', () => {
    it('pauses everything for its length and calls a person, once', async () => {
      const { store, other, advance } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id, 10 * minute);
      const subject = { rule: run.rule, source: 'main', namespaces: [], targets: [], onlyWhileFiring: false };
      const freeze = { key: 'g-9', reason: 'Redis lost writes', by: 'fixpoint', length: minute, message };
      const answers = await Promise.all([store, other, store].map((one) => one.freeze(freeze)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await other.permit(run.id, fence, subject)).toMatchObject({
        outcome: 'paused',
        reason: 'everything is paused by fixpoint: Redis lost writes',
      });
      expect(await store.pauses()).toEqual([
        { id: 'frozen-g-9', scope: { kind: 'global' }, reason: 'Redis lost writes', by: 'fixpoint', at: start, until: start + minute },
      ]);
      expect((await store.takeCalls(10, minute)).map(({ message: { title, key } }) => [title, key])).toEqual([['lost', 'redis/g-9']]);
      expect((await store.journal('0', 10)).at(-1)).toMatchObject({ type: 'paused', data: { id: 'frozen-g-9' } });
      await advance(minute);
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'go' });
    });
  });

  describe('replicas', () => {
    it('are seen by each other until they leave or fall silent', async () => {
      const { store, other, advance } = await harness.open();
      expect(await store.announce(replica('b'), 5000)).toEqual([{ ...replica('b'), until: start + 5000 }]);
      await advance(1000);
      expect(await other.announce(replica('a', { history: 'sqlite' }), 5000)).toEqual([
        { ...replica('a', { history: 'sqlite' }), until: start + 6000 },
        { ...replica('b'), until: start + 5000 },
      ]);
      await advance(4000);
      expect((await store.announce(replica('c'), 5000)).map(({ id }) => id)).toEqual(['a', 'c']);
      await store.depart('c');
      expect((await other.announce(replica('a', { rulebook: 'b2' }), 5000)).map(({ id, rulebook }) => [id, rulebook])).toEqual([
        ['a', 'b2'],
      ]);
    });
  });

  it('which runs are known is told of any number of them', async () => {
    const { store } = await harness.open();
    const { run } = await openWithRun(store);
    expect(await store.knownRuns(['x-1', run.id, 'y-1'])).toEqual(new Set([run.id]));
    expect(await store.knownRuns([])).toEqual(new Set());
  });
}
