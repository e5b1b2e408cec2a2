import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedIds } from '../../../src/adapters/clock/counted-ids.ts';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryHistory } from '../../../src/adapters/history/memory-history.ts';
import { sqliteHistory } from '../../../src/adapters/history/sqlite-history.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { recordEntry } from '../../../src/pipeline/record-entry.ts';
import { takeOver, type Projection } from '../../../src/pipeline/take-over.ts';
import type { History, HistoryCursor } from '../../../src/ports/history.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { JournalEntry } from '../../../src/run/journal-entry.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { law, runOf } from '../../contract/store/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Step =
  | { readonly kind: 'write'; readonly run: number; readonly entries: readonly number[] }
  | { readonly kind: 'time'; readonly ms: number }
  /** A process takes over so many entries; it may die before the transaction, or after it and before it knows. */
  | { readonly kind: 'project'; readonly by: number; readonly limit: number; readonly death: 'none' | 'before' | 'after' }
  | { readonly kind: 'restart'; readonly by: number };

const processes = 3;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      run: fc.nat(4),
      entries: fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 50 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('project' as const),
      by: fc.nat(processes - 1),
      limit: fc.integer({ min: 1, max: 7 }),
      death: fc.constantFrom('none' as const, 'none' as const, 'before' as const, 'after' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), by: fc.nat(processes - 1) }) },
);

/** What can be said of a run, in any order: history must not care. */
function entryOf(number: number, kind: number): JournalEntry {
  const run = runOf(`r${number}-1`);
  const about = { run: run.id, incident: run.incident, rule: run.rule };
  switch (kind) {
    case 0:
      return recordEntry('run-created', run, { mode: run.mode });
    case 1:
      return { type: 'phase-changed', ...about, data: { from: 'queued', to: 'planning', reason: 'planning' } };
    case 2:
      return { type: 'phase-changed', ...about, data: { from: 'planning', to: 'applying', reason: 'applying' } };
    case 3:
      return recordEntry('run-ended', { ...run, phase: 'failed', reason: 'exhausted', finishedAt: run.createdAt + 5 });
    case 4:
      return { type: 'recurred', ...about, data: {} };
    default:
      return { type: 'paused', data: { id: 'p' } };
  }
}

class Death extends Error {}

/** The history as one process has it; it dies as told. */
function mortal(history: History, death: 'none' | 'before' | 'after'): History {
  return {
    ...history,
    async advance(given) {
      if (death === 'before') throw new Death();
      const answer = await history.advance(given);
      if (death === 'after') throw new Death();
      return answer;
    },
  };
}

async function allOf(history: History): Promise<unknown> {
  const { runs } = await history.runs({ limit: 100 });
  const entries = await Promise.all(Array.from({ length: 5 }, (_none, index) => history.entriesOf(`r${index}-1`)));
  return { runs, entries };
}

async function play(
  steps: readonly Step[],
  { store, history, clock }: { store: Store; history: History; clock: ReturnType<typeof manualClock> },
) {
  const parts = { store, clock, ids: countedIds('g'), log: quietLog, freezeLength: () => 1000 };
  const cursors: (HistoryCursor | undefined)[] = Array.from({ length: processes });
  const project = async (by: number, limit: number, death: 'none' | 'before' | 'after'): Promise<number> => {
    const projection: Projection = { ...parts, history: mortal(history, death) };
    const cursor = cursors[by] ?? (await history.cursor());
    const records = await store.journal(cursor.entry, limit);
    try {
      cursors[by] = await takeOver(projection, cursor, records);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      cursors[by] = undefined;
    }
    return records.length;
  };
  for (const one of steps) {
    if (one.kind === 'write') await store.append(one.entries.map((kind) => entryOf(one.run, kind)));
    else if (one.kind === 'time') await clock.advance(one.ms);
    else if (one.kind === 'restart') cursors[one.by] = undefined;
    else await project(one.by, one.limit, one.death);
  }
  while ((await project(0, 50, 'none')) > 0);
  return parts;
}

describe('history', () => {
  it('is what a straight replay gives, whatever deaths, restarts and rivals there were', async () => {
    using folder = temporaryFolder();
    let played = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        played += 1;
        const clock = manualClock();
        const store = memoryStore({ clock, law });
        const history = sqliteHistory(join(folder.path, `${played}.db`));
        try {
          const parts = await play(steps, { store, history, clock });
          const replayed = memoryHistory();
          await takeOver({ ...parts, history: replayed }, await replayed.cursor(), await store.journal('0', 10_000));
          expect(await allOf(history)).toEqual(await allOf(replayed));
          expect(await history.gaps(0, Number.MAX_SAFE_INTEGER)).toEqual([]);
          expect(await store.pauses()).toEqual([]);
        } finally {
          await history.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('and its gaps together have every entry that was ever written, however short the journal is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fc.integer({ min: 1, max: 8 }), async (steps, length) => {
        const clock = manualClock();
        const store = memoryStore({ clock, law, limits: { journal: length } });
        const inner = memoryHistory();
        const numbers: number[] = [];
        const history: History = {
          ...inner,
          async advance(given) {
            const isMoved = await inner.advance(given);
            if (isMoved) numbers.push(...given.records.map(({ number }) => number));
            return isMoved;
          },
        };
        await play(steps, { store, history, clock });
        const gaps = await history.gaps(0, Number.MAX_SAFE_INTEGER);
        const missing = gaps.reduce((sum, gap) => sum + (gap.missing ?? Number.NaN), 0);
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
        expect(numbers.length + missing).toBe((await store.lineage('none')).count);
        expect(gaps.every(({ cause, from, to }) => cause === 'trimmed' && from <= to)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
