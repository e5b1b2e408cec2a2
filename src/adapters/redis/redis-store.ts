import type { Log } from '../../ports/log.ts';
import type { RunLaw } from '../../ports/run-law.ts';
import type { Store } from '../../ports/store.ts';
import type { StoreLimits } from '../store-limits.ts';
import { callPart } from './call-part.ts';
import { journalPart } from './journal-part.ts';
import { lineagePart } from './lineage-part.ts';
import { heartbeatPart } from './heartbeat-part.ts';
import { intakePart } from './intake-part.ts';
import { incidentPart } from './incident-part.ts';
import { JournalTail } from './journal-tail.ts';
import { keptPart } from './kept-part.ts';
import { noticePart } from './notice-part.ts';
import { pausePart } from './pause-part.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisPlace } from './redis-place.ts';
import { replicaPart } from './replica-part.ts';
import { runPart } from './run-part.ts';
import { loadScripts } from './script.ts';
import { storeConstants } from './store-constants.ts';

export interface RedisStoreOptions {
  readonly link: RedisLink;
  /** For the connection of `follow`, which waits. */
  readonly url: RedisPlace;
  readonly law: RunLaw;
  readonly log: Log;
  /** Starts every key; `{fixpoint}:` unless told. The braces keep all keys in one slot of a Redis Cluster. */
  readonly prefix?: string;
  readonly limits?: Partial<StoreLimits>;
  /** For tests only: the time instead of Redis's own, ms. */
  readonly testTime?: () => number;
}

/** The store in Redis 6.2 or newer. `close` leaves the link open. */
export function redisStore(options: RedisStoreOptions): Store {
  const { link, law, prefix = '{fixpoint}:', testTime } = options;
  const constants = storeConstants(options.limits);
  const scripts = loadScripts({ link, prefix, constants, ...(testTime === undefined ? {} : { testTime }) });
  const tail = new JournalTail({ url: options.url, key: `${prefix}journal`, log: options.log });
  return {
    time: async () => (await scripts.run('time')) as number,
    ...intakePart(scripts, constants),
    ...runPart(scripts, law),
    ...incidentPart(scripts),
    ...keptPart(scripts, constants),
    ...pausePart(scripts),
    ...journalPart(scripts, tail),
    ...lineagePart(scripts),
    ...replicaPart(scripts),
    ...heartbeatPart(scripts),
    ...callPart(scripts),
    ...noticePart(scripts),
    async sweep() {
      let rounds = 0;
      while ((await scripts.run('sweep')) === 1 && rounds < sweepRounds) rounds += 1;
    },
    close: () => tail.close(),
  };
}

const sweepRounds = 100;
