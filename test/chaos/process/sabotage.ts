import type { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import type { Guard } from '../../../src/guards/guard.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { Sabotage } from './orders.ts';
import { commitPoint } from './struck-ports.ts';

/** Ms for which a store without fences lets anybody have the lease. */
const anybodys = 1000;

/** An answer that is given so long before what it promises, ms. */
const tooEarly = 300;

/** A store that does without what it is for. */
export function sabotagedStore(store: Store, link: RedisLink, sabotage: Sabotage): Store {
  if (sabotage === 'no-intent') {
    return {
      ...store,
      commit: async (commit) =>
        commitPoint(commit) === 'store.commit intent'
          ? { outcome: 'committed', time: await store.time(), sequence: 0 }
          : await store.commit(commit),
    };
  }
  if (sabotage !== 'no-fence') return store;
  const newest = (run: string): Promise<number> => newestFence(link, run);
  return {
    ...store,
    commit: async (commit) => await store.commit({ ...commit, fence: await newest(commit.run.id) }),
    permit: async (run, _fence, subject) => await store.permit(run, await newest(run), subject),
    renew: async (run, _fence, lease) => await store.renew(run, await newest(run), lease),
  };
}

export function sabotagedLedger(ledger: Ledger, link: RedisLink, sabotage: Sabotage): Ledger {
  if (sabotage === 'no-fence') {
    return { ...ledger, acquire: async (request) => await ledger.acquire({ ...request, fence: await newestFence(link, request.run) }) };
  }
  if (sabotage !== 'early-unlock') return ledger;
  return {
    ...ledger,
    async acquire(request) {
      const answer = await ledger.acquire(request);
      const locks = request.claims.filter(({ kind }) => kind === 'lock').map(({ key }) => key);
      await ledger.release(request.run, locks);
      return answer;
    },
    extend: () => Promise.resolve(true),
  };
}

export function sabotagedGuards(guards: readonly Guard[], sabotage: Sabotage): readonly Guard[] {
  const skipped: Partial<Record<Sabotage, string>> = {
    'guard-skipped': 'rate',
    'no-evidence': 'stillFiring',
    'no-protection': 'protectedTarget',
  };
  return guards.filter(({ name }) => name !== skipped[sabotage]);
}

export function sabotagedIntake<T>(queue: Queue<T>, sabotage: Sabotage): Queue<T> {
  if (sabotage !== 'early-answer') return queue;
  return {
    ...queue,
    add(message) {
      setTimeout(() => void queue.add(message).catch(() => {}), tooEarly);
      return Promise.resolve();
    },
  };
}

/** The fence that would be right, whoever asks, with a lease that goes on. */
async function newestFence(link: RedisLink, run: string): Promise<number> {
  const key = `{fixpoint}:run:${run}`;
  return await link.ask(async (client) => {
    const [fence, lease] = await client.hmget(key, 'fence', 'lease');
    if (Number(lease) < Date.now() + anybodys / 2) await client.hset(key, 'lease', String(Date.now() + anybodys));
    return Number(fence);
  });
}
