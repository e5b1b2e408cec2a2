import { earliest } from './earliest.ts';
import type { IncidentRecord } from './incident-record.ts';
import type { MemoryCalls } from './memory-calls.ts';
import type { MemoryNotices } from './memory-notices.ts';
import type { RunRecord } from './memory-runs.ts';

/** When something in the store becomes due by itself, ms; undefined = nothing waits. */
export interface Deadlines {
  /** Runs to be woken, and incidents to be attended or closed. */
  readonly reconciling: number | undefined;
  readonly calls: number | undefined;
  readonly notices: number | undefined;
  /** Whether the journal has entries of which no notices have been made. */
  readonly hasNews: boolean;
  readonly isAnyIncidentOpen: boolean;
  readonly isAnythingPaused: boolean;
}

interface Waiting {
  readonly runs: ReadonlyMap<string, RunRecord>;
  readonly incidents: ReadonlyMap<string, IncidentRecord>;
  readonly calls: MemoryCalls;
  readonly notices: MemoryNotices;
  readonly pauses: ReadonlyMap<string, unknown>;
}

export function deadlinesOf({ runs, incidents, calls, notices, pauses }: Waiting): Deadlines {
  const open = [...incidents.values()].filter(({ state }) => state === 'open');
  const ofRuns = [...runs.values()].map(({ wakeAt }) => wakeAt);
  return {
    reconciling: earliest([...ofRuns, ...open.flatMap(({ wakeAt, closesAt }) => [wakeAt, closesAt])]),
    calls: calls.dueAt(),
    notices: notices.dueAt(),
    hasNews: notices.isBehind(),
    isAnyIncidentOpen: open.length > 0,
    isAnythingPaused: pauses.size > 0,
  };
}
