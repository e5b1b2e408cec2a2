import type { JournalEntry } from '../run/journal-entry.ts';
import type { DecisionRecord, Run } from '../run/run.ts';
import { entryOf } from './stint.ts';

/** What every guard said of the run's current rung, in the order they were asked; the record only keeps what each said last. */
export function admittedEntry(run: Run, decisions: readonly DecisionRecord[]): JournalEntry {
  return entryOf(run, 'admitted', {
    rung: run.rung,
    decisions: decisions.map(({ guard, decision, reason }) => ({ guard, decision, reason })),
  });
}
