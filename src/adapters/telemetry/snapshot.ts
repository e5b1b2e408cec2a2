import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Queue, QueueDepth } from '../../ports/queue.ts';
import type { Store } from '../../ports/store.ts';

/** Open incidents looked at for one reading; there are never more rules than that with any. */
const mostIncidents = 10_000;
const freshMs = 1000;

/** What gauges show of the store and the queues. A part that could not be read is undefined. */
export interface Snapshot {
  /** As /-/ready says. */
  readonly isReady: boolean;
  readonly phases: Readonly<Record<string, number>> | undefined;
  readonly incidents: ReadonlyMap<string, number> | undefined;
  /** That of this process by file or environment is one. */
  readonly pauses: number | undefined;
  /** Rules that are demoted, and whether there is a storm. */
  readonly demoted: readonly string[] | undefined;
  readonly isStorm: boolean | undefined;
  readonly queues: ReadonlyMap<string, QueueDepth | undefined>;
  /** Sources that have a heartbeat. */
  readonly silences: readonly { readonly source: string; readonly isSilent: boolean }[] | undefined;
  /** Seconds that history is behind; undefined also where there is none. */
  readonly journalLag: number | undefined;
}

export interface SnapshotSources {
  readonly store: Pick<Store, 'phaseCounts' | 'incidents' | 'pauses'>;
  readonly ledger: Pick<Ledger, 'standing'>;
  /** By the name they have as a label. */
  readonly queues: Readonly<Record<string, Pick<Queue<never>, 'depth'>>>;
  journalLag?(): Promise<number | undefined>;
  ready(): Promise<{ readonly ready: boolean }>;
  silences?(): Promise<NonNullable<Snapshot['silences']>>;
  /** By its own file or environment. */
  paused?(): object | undefined;
}

/** Reads at most once a second, and once for all gauges; never rejects. */
export function snapshotReader(
  { store, ledger, queues, journalLag, ready, silences, paused }: SnapshotSources,
  clock: Clock,
): () => Promise<Snapshot> {
  let readAt = Number.NEGATIVE_INFINITY;
  let latest: Promise<Snapshot> | undefined;

  async function read(): Promise<Snapshot> {
    const [readiness, silent, phases, open, pauses, standing, depths, lag] = await Promise.all([
      orNothing(() => ready()),
      orNothing(async () => await silences?.()),
      orNothing(() => store.phaseCounts()),
      orNothing(() => store.incidents({ state: 'open', limit: mostIncidents })),
      orNothing(() => store.pauses()),
      orNothing(() => ledger.standing()),
      Promise.all(Object.entries(queues).map(async ([name, queue]) => [name, await orNothing(() => queue.depth())] as const)),
      orNothing(async () => await journalLag?.()),
    ]);
    const incidents = open === undefined ? undefined : new Map<string, number>();
    for (const { rule } of open ?? []) incidents?.set(rule, (incidents.get(rule) ?? 0) + 1);
    return {
      isReady: readiness?.ready === true,
      phases,
      silences: silent,
      incidents,
      pauses: paused?.() !== undefined ? 1 + (pauses?.length ?? 0) : pauses?.length,
      demoted: standing?.flags.map(({ key }) => key.slice(key.indexOf('/') + 1)),
      isStorm: standing && standing.storms.length > 0,
      queues: new Map(depths),
      journalLag: lag,
    };
  }

  return () => {
    const now = clock.now();
    if (latest === undefined || now - readAt >= freshMs || now < readAt) {
      readAt = now;
      latest = read();
    }
    return latest;
  };
}

async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
