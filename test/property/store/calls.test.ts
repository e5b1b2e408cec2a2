import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { redisStore } from '../../../src/adapters/redis/redis-store.ts';
import type { OpenCall } from '../../../src/ports/people-store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { messageOf } from '../../contract/store/messages.ts';
import { batch, entry, firing, inPhase, law, resolved, runOf } from '../../contract/store/records.ts';
import { ownRedis } from '../own-redis.ts';

const start = 1_700_000_000_000;
const names = ['a', 'b'] as const;

type Step =
  | { readonly step: 'fire' | 'resolve' | 'acknowledge' | 'close' | 'take' | 'stuck'; readonly of: (typeof names)[number] }
  | {
      readonly step: 'end';
      readonly of: (typeof names)[number];
      readonly phase: 'failed' | 'denied' | 'succeeded';
      readonly raises: boolean;
    }
  | { readonly step: 'raise'; readonly of: (typeof names)[number]; readonly undo: boolean; readonly after: number }
  | { readonly step: 'settle'; readonly which: number; readonly tries: number; readonly dueIn: number; readonly taken: readonly string[] }
  | { readonly step: 'time'; readonly by: number };

const of = fc.constantFrom(...names);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        step: fc.constantFrom(
          'fire' as const,
          'resolve' as const,
          'acknowledge' as const,
          'close' as const,
          'take' as const,
          'take' as const,
          'stuck' as const,
        ),
        of,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constant('end' as const),
        of,
        phase: fc.constantFrom('failed' as const, 'denied' as const, 'succeeded' as const),
        raises: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('raise' as const), of, undo: fc.boolean(), after: fc.constantFrom(0, 0, 15) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constant('settle' as const),
        which: fc.nat({ max: 3 }),
        tries: fc.nat({ max: 3 }),
        dueIn: fc.constantFrom(-1, 5, 20),
        taken: fc.subarray(['x', 'y']),
      }),
    },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('time' as const), by: fc.integer({ min: 0, max: 20 }) }) },
  ),
  { minLength: 5, maxLength: 50 },
);

/** One store as the steps use it: it remembers the calls it was given, as a worker does. */
class Side {
  readonly store: Store;
  readonly taken: OpenCall[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  async act(one: Step, now: number): Promise<unknown> {
    switch (one.step) {
      case 'fire':
        return (
          await this.store.intake(
            batch([entry(firing(one.of), { subject: one.of, flap: 10, newIncident: `${one.of}${now}` })], {
              receivedAt: now,
              notification: 'n',
            }),
          )
        ).outcomes;
      case 'resolve':
        return (
          await this.store.intake(
            batch([entry(resolved(one.of, { endsAt: now }), { subject: one.of, flap: 10 })], {
              receivedAt: now,
              notification: 'n',
              tombstone: 0,
            }),
          )
        ).outcomes;
      case 'close':
        return await this.store.closeIncidents(10);
      case 'stuck':
        return await this.store.stuckIncidents(now - 10);
      case 'acknowledge':
        return await this.store.acknowledge((await this.#incident(one.of))?.id ?? 'none', 'ann', 'seen');
      case 'take': {
        const calls = await this.store.takeCalls(10, 10);
        this.taken.push(...calls);
        return calls.map(({ id: _id, ...call }) => call).toSorted((a, b) => (a.message.key < b.message.key ? -1 : 1));
      }
      case 'settle': {
        const call = this.taken[one.which];
        if (call === undefined) return undefined;
        const dueAt = one.dueIn < 0 ? {} : { dueAt: now + one.dueIn };
        return await this.store.settleCall(call, {
          ...dueAt,
          tries: one.tries,
          taken: one.taken,
          entries: [{ type: 'call-ended', data: {} }],
        });
      }
      case 'raise': {
        const incident = (await this.#incident(one.of))?.id ?? 'none';
        const key = one.undo ? { key: `undo/${incident}` } : {};
        return await this.store.openCall(messageOf(`${incident}-9`, { ...key, ...(one.after === 0 ? {} : { after: one.after }) }));
      }
      case 'end':
        return await this.#end(one, now);
      case 'time':
        return undefined;
    }
  }

  async #incident(subject: string) {
    return (await this.store.incidents({ limit: 50 })).find((incident) => incident.subject === subject);
  }

  async #end({ of: subject, phase, raises }: Extract<Step, { step: 'end' }>, now: number): Promise<unknown> {
    const incident = await this.#incident(subject);
    if (incident === undefined) return undefined;
    const run = runOf(`${incident.id}-${incident.attempt + 1}`, { subject, createdAt: now });
    await this.store.createRuns([{ run, entries: [] }]);
    const claim = await this.store.claim(run.id, 'worker', 10);
    if (claim.outcome !== 'claimed') return claim.outcome;
    if (phase === 'succeeded') {
      for (const way of [['planning'], ['planning', 'applying'], ['planning', 'applying', 'verifying']] as const)
        await this.store.commit({ run: inPhase(run, ...way), fence: claim.fence, entries: [] });
    }
    const way = phase === 'succeeded' ? (['planning', 'applying', 'verifying'] as const) : [];
    const ended = inPhase(run, ...way, phase);
    return (await this.store.commit({ run: ended, fence: claim.fence, entries: [], outbox: raises ? [messageOf(run.id)] : [] })).outcome;
  }
}

describe('calls', () => {
  const server = ownRedis();

  it('in Redis are as they are in memory, whatever happens to their incidents', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const clock = manualClock(start);
        const memory = new Side(memoryStore({ clock, law }));
        const redis = new Side(redisStore({ ...server.open(), law, log: quietLog, testTime: () => clock.now() }));
        for (const step of given) {
          if (step.step === 'time') clock.set(clock.now() + step.by);
          expect(await redis.act(step, clock.now())).toEqual(await memory.act(step, clock.now()));
        }
        const types = async ({ store }: Side) => (await store.journal('0', 1000)).map(({ type }) => type);
        expect(await types(redis)).toEqual(await types(memory));
        expect(await redis.store.incidents({ limit: 50 })).toEqual(await memory.store.incidents({ limit: 50 }));
      }),
      { numRuns: 500 },
    );
  });
});
