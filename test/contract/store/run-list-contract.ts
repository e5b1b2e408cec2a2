import { describe, expect, it } from 'vitest';
import { minute, start, type StoreHarness } from './harness.ts';
import { end, runOf } from './records.ts';

export function runListContract(harness: StoreHarness): void {
  describe('lists of runs', () => {
    it('are newest first, in pages that neither repeat nor leave out', async () => {
      const { store } = await harness.open();
      const runs = Array.from({ length: 30 }, (_, index) =>
        runOf(`i${String(index).padStart(2, '0')}-1`, { createdAt: start + Math.floor(index / 7) }),
      );
      await store.createRuns(runs.map((run) => ({ run, entries: [] })));
      const seen: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page: Awaited<ReturnType<typeof store.runs>> = await store.runs({ limit: 4, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.runs.map(({ id }) => id));
        cursor = page.next;
        // A run made while someone turns the pages does not move them.
        await store.createRuns([{ run: runOf(`z${seen.length}-1`, { createdAt: start + 100 }), entries: [] }]);
      }
      expect(seen).toEqual(runs.map(({ id }) => id).toReversed());
    });

    it('can be narrowed down', async () => {
      const { store } = await harness.open();
      const given = [
        runOf('a-1', { rule: 'one', subject: 's1', createdAt: start }),
        runOf('b-1', { rule: 'two', subject: 's1', createdAt: start + 1 }),
        runOf('c-1', { rule: 'one', subject: 's2', createdAt: start + 2 }),
        runOf('d-1', { rule: 'one', subject: 's1', createdAt: start + 3 }),
      ];
      await store.createRuns(given.map((run) => ({ run, entries: [] })));
      const [first] = given;
      if (first !== undefined) await end(store, first);
      const list = async (filter: Partial<Parameters<typeof store.runs>[0]>) =>
        (await store.runs({ limit: 10, ...filter })).runs.map(({ id }) => id);

      expect(await list({})).toEqual(['d-1', 'c-1', 'b-1', 'a-1']);
      expect(await list({ rule: 'one' })).toEqual(['d-1', 'c-1', 'a-1']);
      expect(await list({ subject: 's1' })).toEqual(['d-1', 'b-1', 'a-1']);
      expect(await list({ subject: 's1', rule: 'one' })).toEqual(['d-1', 'a-1']);
      expect(await list({ subject: 's1', rule: 'one', phase: 'superseded' })).toEqual(['a-1']);
      expect(await list({ phase: 'queued' })).toEqual(['d-1', 'c-1', 'b-1']);
      expect(await list({ since: start + 1, rule: 'one' })).toEqual(['d-1', 'c-1']);
      expect(await list({ rule: 'three' })).toEqual([]);
      expect(await store.runs({ limit: 1, subject: 's1', rule: 'one' })).toMatchObject({
        runs: [{ id: 'd-1' }],
        next: expect.any(String) as string,
      });
      expect((await store.runs({ limit: 4 })).next).toBeNull();
    });

    it.each(['', 'x', 'MTIz', '!!!', Buffer.from('12 a b').toString('base64url')])('refuse %j as a cursor', async (cursor) => {
      const { store } = await harness.open();
      await expect(store.runs({ limit: 1, cursor })).rejects.toMatchObject({ code: 'request.malformed' });
    });

    it('lose the oldest ended runs beyond what is kept, and what is too old', async () => {
      const { store, advance } = await harness.open({ runs: 3, age: 60 * minute });
      for (let index = 0; index < 5; index += 1) {
        const run = runOf(`i${index}-1`, { createdAt: start + index });
        await store.createRuns([{ run, entries: [{ type: 'run-created', run: run.id, data: {} }] }]);
        await end(store, run);
        await advance(1);
      }
      await store.createRuns([{ run: runOf('live-1', { createdAt: start + 9 }), entries: [] }]);
      const list = async () => (await store.runs({ limit: 10 })).runs.map(({ id }) => id);
      expect(await list()).toEqual(['live-1', 'i4-1', 'i3-1', 'i2-1']);
      expect(await store.run('i0-1')).toBeUndefined();
      expect(await store.journalOf('i0-1')).toEqual([]);
      await advance(60 * minute);
      await store.sweep();
      expect(await list()).toEqual(['live-1']);
      expect((await store.runs({ limit: 10, subject: runOf('x-1').subject })).runs).toHaveLength(1);
    });
  });
}
