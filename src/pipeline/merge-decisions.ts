import type { DecisionRecord } from '../run/run.ts';

/** How many decisions a run record keeps; the journal has all. */
const most = 100;

/** The record with the new decisions; one that only repeats the guard's last is counted on it. */
export function mergeDecisions(before: readonly DecisionRecord[], fresh: readonly DecisionRecord[]): readonly DecisionRecord[] {
  const merged = [...before];
  for (const record of fresh) {
    const last = merged.findLastIndex((other) => other.guard === record.guard);
    const previous = merged[last];
    if (previous !== undefined && previous.decision === record.decision) merged[last] = { ...record, count: (previous.count ?? 1) + 1 };
    else merged.push(record);
  }
  return merged.slice(-most);
}
