import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countedIds } from '../../../src/adapters/clock/counted-ids.ts';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { sqliteHistory } from '../../../src/adapters/history/sqlite-history.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { recordEntry } from '../../../src/pipeline/record-entry.ts';
import { runBook } from '../../../src/pipeline/run-book.ts';
import { takeOver } from '../../../src/pipeline/take-over.ts';
import type { History } from '../../../src/ports/history.ts';
import type { RunFilter, Store } from '../../../src/ports/store.ts';
import type { Run } from '../../../src/run/run.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { claimed, inPhase, law, runOf } from '../../contract/store/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** One run: how long after the one before, under which rule, and whether it ends. */
const made = fc.record({ after: fc.nat(2), rule: fc.constantFrom('one', 'two'), ends: fc.boolean(), at: fc.nat(100) });

async function live(store: Store, run: Run, ends: boolean): Promise<Run> {
  await store.createRuns([{ run, entries: [recordEntry('run-created', run)] }]);
  if (!ends) return run;
  const fence = await claimed(store, run.id);
  const ended = inPhase(run, 'superseded');
  await store.commit({ run: ended, fence, entries: [recordEntry('run-ended', ended)] });
  return ended;
}

it('lists of runs, by pages of any size and under any filter, have each run once, whether Redis still has it or only history', async () => {
  using folder = temporaryFolder();
  let played = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(made, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 1, max: 6 }),
      fc.record({
        rule: fc.constantFrom(undefined, 'one', 'two'),
        phase: fc.constantFrom(undefined, 'queued' as const, 'superseded' as const),
      }),
      async (given, limit, { rule, phase }) => {
        played += 1;
        const clock = manualClock();
        // Only the last three that ended stay.
        const store = memoryStore({ clock, law, limits: { runs: 3 } });
        const history: History = sqliteHistory(join(folder.path, `${played}.db`));
        try {
          const runs: Run[] = [];
          for (const [index, one] of given.entries()) {
            await clock.advance(one.after);
            const at = await store.time();
            runs.push(await live(store, runOf(`i${one.at}n${index}-1`, { createdAt: at, rule: one.rule }), one.ends));
            await store.sweep();
          }
          await takeOver(
            { store, history, clock, log: quietLog, ids: countedIds('g'), freezeLength: () => 0 },
            await history.cursor(),
            await store.journal('0', 1000),
          );
          const expected = runs
            .filter((run) => (rule === undefined || run.rule === rule) && (phase === undefined || run.phase === phase))
            .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
          const book = runBook({ store, history, clock, log: quietLog });
          const filter: RunFilter = { limit, ...(rule === undefined ? {} : { rule }), ...(phase === undefined ? {} : { phase }) };
          const seen: Run[] = [];
          for (let cursor: string | null | undefined; cursor !== null;) {
            const page: Awaited<ReturnType<typeof book.list>> = await book.list({ ...filter, ...(cursor === undefined ? {} : { cursor }) });
            expect([page.history, page.runs.length <= limit]).toEqual(['available', true]);
            seen.push(...page.runs);
            cursor = page.next;
          }
          expect(seen.map(({ id, phase: shown }) => [id, shown])).toEqual(expected.map(({ id, phase: shown }) => [id, shown]));
          for (const run of runs) expect((await book.find(run.id))?.run.phase).toBe(run.phase);
        } finally {
          await history.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
