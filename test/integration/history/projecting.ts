import { countedIds } from '../../../src/adapters/clock/counted-ids.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisStore } from '../../../src/adapters/redis/redis-store.ts';
import type { StoreLimits } from '../../../src/adapters/store-limits.ts';
import { recordEntry } from '../../../src/pipeline/record-entry.ts';
import { Projector } from '../../../src/pipeline/projector.ts';
import type { History } from '../../../src/ports/history.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { Run } from '../../../src/run/run.ts';
import { claimed, inPhase, law, runOf } from '../../contract/store/records.ts';
import { waitUntil } from '../../support/wait-until.ts';

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly data: object;
}

export interface Projecting extends AsyncDisposable {
  readonly store: Store;
  readonly link: RedisLink;
  readonly logged: readonly Logged[];
  /** Another process that takes over into this history. */
  start(history: History): Projector;
}

/** A store in a real Redis with as many projectors as wanted. */
export function projecting(
  url: string,
  { prefix = '{fixpoint}:', limits }: { prefix?: string; limits?: Partial<StoreLimits> } = {},
): Projecting {
  const logged: Logged[] = [];
  const keep = (level: string) => (data: object, message: string) => void logged.push({ level, message, data });
  const log: Log = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  const clock = systemClock();
  const link = new RedisLink({ url, log });
  const store = redisStore({ link, url, law, log, prefix, ...(limits === undefined ? {} : { limits }) });
  const projectors: Projector[] = [];
  let made = 0;
  return {
    store,
    link,
    logged,
    start(history) {
      made += 1;
      const projector = new Projector({ store, history, clock, log, ids: countedIds(`g${made}`), freezeLength: () => 60_000 });
      projectors.push(projector);
      projector.start();
      return projector;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(projectors.map((projector) => projector.stop()));
      await store.close();
      await link.close();
    },
  };
}

/** A run from its making to its end, as workers write it. */
export async function liveThrough(store: Store, id: string, given: Partial<Run> = {}): Promise<Run> {
  const at = await store.time();
  const run = runOf(id, { createdAt: at, updatedAt: at, expiresAt: at + 3_600_000, ...given });
  await store.createRuns([{ run, entries: [recordEntry('run-created', run)] }]);
  const fence = await claimed(store, run.id);
  const ended = inPhase(run, 'superseded');
  const entries = [
    { type: 'phase-changed', run: id, data: { from: 'queued', to: 'superseded', reason: 'gone' } } as const,
    recordEntry('run-ended', ended),
  ];
  await store.commit({ run: ended, fence, entries });
  return ended;
}

/** Until history has every entry that the journal counted. */
export async function untilCaughtUp(store: Store, history: History, timeoutMs = 20_000): Promise<void> {
  await waitUntil(async () => (await history.cursor()).number === (await store.lineage('none')).count, {
    timeoutMs,
    intervalMs: 5,
    describe: 'history to have all that the journal has',
  });
}
