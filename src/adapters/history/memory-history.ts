import type { History, HistoryCursor, HistoryGap } from '../../ports/history.ts';
import type { JournalRecord } from '../../run/journal-entry.ts';
import type { Run } from '../../run/run.ts';
import { readCursor, writeCursor } from '../../value/run-cursor.ts';
import { changedRun, runChanges } from './run-changes.ts';

interface Kept {
  readonly run: Run;
  readonly touchedAt: number;
}

/** History without SQL, for tests: it lasts as long as the object. */
export function memoryHistory(): History {
  const entries = new Map<string, JournalRecord>();
  const runs = new Map<string, Kept>();
  let gaps: readonly HistoryGap[] = [];
  let cursor: HistoryCursor = { generation: '', entry: '0', number: 0, at: 0 };
  return {
    kind: 'memory',
    cursor: async () => cursor,
    async advance({ from, to, records, gap }) {
      if (from.generation !== cursor.generation || from.entry !== cursor.entry || from.number !== cursor.number) return false;
      cursor = to;
      if (gap !== undefined) gaps = [...gaps, gap];
      const fresh = records.filter(({ id }) => !entries.has(id));
      for (const record of fresh) entries.set(record.id, record);
      for (const [id, change] of runChanges(fresh)) {
        const run = changedRun(runs.get(id)?.run, change);
        if (run !== undefined) runs.set(id, { run, touchedAt: change.at });
      }
      return true;
    },
    run: async (id) => runs.get(id)?.run,
    async runs({ phase, rule, subject, since = 0, limit, cursor: behind }) {
      const start = behind === undefined ? undefined : readCursor(behind);
      const found = [...runs.values()]
        .map(({ run }) => run)
        .filter(
          (run) =>
            (phase === undefined || run.phase === phase) &&
            (rule === undefined || run.rule === rule) &&
            (subject === undefined || run.subject === subject) &&
            run.createdAt >= since &&
            (start === undefined || isNewer(start, run)),
        )
        .toSorted((a, b) => (isNewer(a, b) ? -1 : 1));
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return { runs: shown, next: found.length > limit && last !== undefined ? writeCursor(last) : null };
    },
    entriesOf: async (run) =>
      [...entries.values()].filter((entry) => entry.run === run).toSorted((a, b) => a.at - b.at || a.number - b.number),
    gaps: async (from, to) => gaps.filter((gap) => gap.to >= from && gap.from <= to),
    async sweep(before) {
      for (const { id, at } of entries.values()) if (at < before) entries.delete(id);
      for (const [id, { touchedAt }] of runs) if (touchedAt < before) runs.delete(id);
      gaps = gaps.filter(({ to }) => to >= before);
      return false;
    },
    close: () => Promise.resolve(),
  };
}

function isNewer(a: { readonly createdAt: number; readonly id: string }, b: { readonly createdAt: number; readonly id: string }): boolean {
  return a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt;
}
