import type { JournalRecord } from '../../run/journal-entry.ts';
import type { Phase } from '../../run/phase.ts';
import type { Run } from '../../run/run.ts';

/** What a stretch of the journal says of one run, folded: its whole record if there is one, and what changed after it. */
export interface RunChange {
  readonly record?: Run;
  readonly changed: Partial<Run>;
  /** Time of the newest entry about the run, ms. */
  readonly at: number;
}

/** By run, in the order of their first entries. */
export function runChanges(records: readonly JournalRecord[]): ReadonlyMap<string, RunChange> {
  const changes = new Map<string, RunChange>();
  for (const { run, type, data, at } of records) {
    if (run === undefined) continue;
    const before = changes.get(run) ?? { changed: {}, at };
    switch (type) {
      case 'run-created':
      case 'run-ended':
        // A version before history wrote none.
        if (data['record'] === undefined) changes.set(run, { ...before, at });
        else changes.set(run, { record: data['record'] as unknown as Run, changed: {}, at });
        break;
      case 'phase-changed':
        changes.set(run, {
          ...before,
          changed: { ...before.changed, phase: data['to'] as Phase, reason: data['reason'] as string, updatedAt: at },
          at,
        });
        break;
      case 'recurred':
        changes.set(run, { ...before, changed: { ...before.changed, recurred: true }, at });
        break;
      default:
        changes.set(run, { ...before, at });
    }
  }
  return changes;
}

/** The run after the change; undefined while its record is not known. */
export function changedRun(before: Run | undefined, { record, changed }: RunChange): Run | undefined {
  const base = record ?? before;
  return base === undefined ? undefined : { ...base, ...changed };
}
