import { codeOf, FixpointError, messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { History, HistoryGap } from '../ports/history.ts';
import type { Log } from '../ports/log.ts';
import type { RunFilter, Store } from '../ports/store.ts';
import type { JournalRecord } from '../run/journal-entry.ts';
import { isTerminal } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import { writeCursor } from '../value/run-cursor.ts';
import { within } from './deadline.ts';

/** Whether what is older than Redis keeps it could be asked for. */
export type HistoryState = 'available' | 'unavailable' | 'off';

interface HistoryNote {
  readonly history: HistoryState;
  /** Stretches of the time asked about of which something is missing. */
  readonly gaps: readonly HistoryGap[];
}

export interface RunPage extends HistoryNote {
  readonly runs: readonly Run[];
  readonly next: string | null;
}

export interface RunInFull extends HistoryNote {
  readonly run: Run;
  /** In order of time. */
  readonly entries: readonly JournalRecord[];
}

/** All runs: live and recent ones from the store, older ones from history, as one. */
export interface RunBook {
  list(filter: RunFilter): Promise<RunPage>;
  /** Undefined for no such run; `history.unavailable` when only history could know. */
  find(id: string): Promise<RunInFull | undefined>;
}

export interface RunBookParts {
  readonly store: Store;
  /** Absent: there are only the runs of the store. */
  readonly history?: History;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long history may take to answer one question; a page waits no longer, ms. */
const patience = 3000;

/** A question to history, or why it has no answer. */
type Ask = <T>(question: (history: History) => Promise<T>) => Promise<T | Exclude<HistoryState, 'available'>>;

export function runBook({ store, history, clock, log }: RunBookParts): RunBook {
  /** For one answer: a history that is away is waited for once. */
  function asking(): Ask {
    let isAway = false;
    return async (question) => {
      if (history === undefined) return 'off';
      if (isAway) return 'unavailable';
      try {
        return await within({ clock, length: patience, what: 'history' }, () => question(history));
      } catch (error) {
        if (codeOf(error) !== 'history.unavailable' && codeOf(error) !== 'timeout') throw error;
        log.warn({ reason: messageOf(error) }, 'history could not be asked, Redis alone answers');
        isAway = true;
        return 'unavailable';
      }
    };
  }

  async function noteOf(ask: Ask, from: number, to: number): Promise<HistoryNote> {
    const gaps = await ask((given) => given.gaps(from, to));
    return typeof gaps === 'string' ? { history: gaps, gaps: [] } : { history: 'available', gaps };
  }

  /** A page at a time; those the store has are the store's to tell. */
  async function* pastRuns(ask: Ask, filter: RunFilter): AsyncGenerator<Run> {
    for (let { cursor } = filter; ;) {
      const page = await ask((given) => given.runs({ ...filter, ...(cursor === undefined ? {} : { cursor }) }));
      if (typeof page === 'string') return;
      const known = await store.knownRuns(page.runs.map(({ id }) => id));
      yield* page.runs.filter(({ id }) => !known.has(id)).map(asLastKnown);
      if (page.next === null) return;
      cursor = page.next;
    }
  }

  async function* storedRuns(filter: RunFilter): AsyncGenerator<Run> {
    for (let { cursor } = filter; ;) {
      const page = await store.runs({ ...filter, ...(cursor === undefined ? {} : { cursor }) });
      yield* page.runs;
      if (page.next === null) return;
      cursor = page.next;
    }
  }

  return {
    async list(filter) {
      const ask = asking();
      const runs: Run[] = [];
      // One more than asked for, to know whether there are more.
      const pages = { ...filter, limit: filter.limit + 1 };
      for await (const run of merged(storedRuns(pages), pastRuns(ask, pages))) {
        runs.push(run);
        if (runs.length > filter.limit) break;
      }
      const shown = runs.slice(0, filter.limit);
      const last = shown.at(-1);
      const next = runs.length > filter.limit && last !== undefined ? writeCursor(last) : null;
      const from = next === null || last === undefined ? (filter.since ?? 0) : last.createdAt;
      const to = filter.cursor === undefined ? Number.MAX_SAFE_INTEGER : (shown[0]?.createdAt ?? from);
      return { runs: shown, next, ...(await noteOf(ask, from, to)) };
    },

    async find(id) {
      const ask = asking();
      const stored = await store.run(id);
      if (stored !== undefined) {
        const entries = await store.journalOf(id);
        // That a success did not last is known after the record was closed.
        const run = entries.some(({ type }) => type === 'recurred') ? { ...stored.run, recurred: true } : stored.run;
        return {
          run,
          entries,
          ...(await noteOf(ask, run.createdAt, run.finishedAt ?? Number.MAX_SAFE_INTEGER)),
        };
      }
      const past = await ask(async (given) => ({ run: await given.run(id), entries: await given.entriesOf(id) }));
      if (past === 'unavailable')
        throw new FixpointError('history.unavailable', `run ${id} is not in Redis (any more), and history does not answer`);
      if (typeof past === 'string' || past.run === undefined) return undefined;
      const run = asLastKnown(past.run);
      return { run, entries: past.entries, ...(await noteOf(ask, run.createdAt, run.finishedAt ?? run.updatedAt)) };
    },
  };
}

/** A run that had not ended when it was last heard of, and that the store does not have: Redis has lost it. */
function asLastKnown(run: Run): Run {
  return isTerminal(run.phase) ? run : { ...run, reason: `Redis does not have this run any more; last known: ${run.reason}` };
}

/** Two lists that are newest first as one, each run once. */
async function* merged(...lists: readonly [AsyncGenerator<Run>, AsyncGenerator<Run>]): AsyncGenerator<Run> {
  const [stored, past] = lists;
  let [a, b] = await Promise.all([stored.next(), past.next()]);
  let last: string | undefined;
  while (a.done !== true || b.done !== true) {
    const isFirst = b.done === true || (a.done !== true && !isNewer(b.value, a.value));
    const run = (isFirst ? a.value : b.value) as Run;
    // Dropped by the store between the two questions, it is in both.
    if (run.id !== last) yield run;
    last = run.id;
    if (isFirst) a = await stored.next();
    else b = await past.next();
  }
}

function isNewer(a: Run, b: Run): boolean {
  return a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt;
}
