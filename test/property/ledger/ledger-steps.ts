import fc from 'fast-check';
import type { Claimable, Cooldown, Ledger, LedgerAnswer, Note } from '../../../src/ports/ledger.ts';

/** One thing that happens to a ledger. */
export type Step =
  | { readonly step: 'acquire' | 'peek'; readonly run: string; readonly fence: number; readonly claims: readonly Claimable[] }
  | { readonly step: 'extend'; readonly run: string; readonly locks: readonly string[]; readonly lease: number }
  | { readonly step: 'release' | 'quarantine'; readonly run: string; readonly locks: readonly string[] }
  | { readonly step: 'settle'; readonly run: string; readonly locks: readonly string[]; readonly late: number }
  | { readonly step: 'cool'; readonly cooldowns: readonly Cooldown[] }
  | { readonly step: 'note'; readonly notes: readonly Note[] }
  | { readonly step: 'lower'; readonly flag: string; readonly tallies: readonly string[] }
  /** Negative: the clock of the outside is set back. */
  | { readonly step: 'time'; readonly by: number };

const run = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const key = fc.constantFrom('x', 'y', 'z');
const group = fc.constantFrom('g', 'h', 'i');
const length = fc.constantFrom(0, 1, 2, 5, 10, 30);
const window = fc.constantFrom(1, 5, 10, 30);
const keys = fc.uniqueArray(key, { maxLength: 3 });

const what = fc.constantFrom('t1', 't2', 't3', 't4', 't5');

/** One limit for all that goes under one key. */
function limitOf(of: string): { count: number; window: number } {
  return { x: { count: 1, window: 5 }, y: { count: 2, window: 10 }, z: { count: 4, window: 30 } }[of] ?? { count: 0, window: 1 };
}

const claim: fc.Arbitrary<Claimable> = fc.oneof(
  fc.record({ kind: fc.constant('cooldown' as const), key }),
  fc.record({ kind: fc.constant('cooldown' as const), key, group }),
  fc.record({ kind: fc.constant('rate' as const), key, rate: fc.record({ count: fc.integer({ min: 0, max: 4 }), window }) }),
  fc.record({
    kind: fc.constant('rate' as const),
    key,
    rate: fc.record({ count: fc.integer({ min: 1, max: 4 }), window }),
    perEffect: fc.constantFrom('1', '2', '3'),
  }),
  fc.record({ kind: fc.constant('attempts' as const), key, max: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('lock' as const), key, lease: length }),
  fc.record({ kind: fc.constant('slot' as const), key, max: fc.integer({ min: 0, max: 3 }), lease: length }),
  key.map((one) => ({ kind: 'tally' as const, key: one, limit: limitOf(one) })),
  fc.record({ kind: fc.constant('flag' as const), key }),
  fc
    .record({ key, what, grows: fc.boolean() })
    .map(({ key: one, ...rest }) => ({ kind: 'spread' as const, key: one, limit: limitOf(one), ...rest })),
  fc.record({ kind: fc.constant('storm' as const), key }),
);

const note: fc.Arbitrary<Note> = fc.oneof(
  fc.record({ key, what, flag: fc.option(key, { nil: undefined }) }).map(({ key: one, what: name, flag }) => ({
    kind: 'tally' as const,
    key: one,
    what: name,
    limit: limitOf(one),
    ...(flag === undefined ? {} : { flag: { key: flag, reason: 'too often' } }),
  })),
  fc
    .record({ key, what, isGood: fc.boolean() })
    .map(({ key: one, ...rest }) => ({ kind: 'ended' as const, key: one, limit: limitOf(one), ...rest })),
  fc.record({ key, what }).map(({ key: one, what: name }) => ({ kind: 'spoilt' as const, key: one, what: name, limit: limitOf(one) })),
  fc
    .record({ key, what: fc.array(what, { maxLength: 6 }), quiet: length })
    .map(({ key: one, ...rest }) => ({ kind: 'sighting' as const, key: one, limit: limitOf(one), ...rest })),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant('acquire' as const),
      run,
      fence: fc.integer({ min: 1, max: 3 }),
      claims: fc.array(claim, { maxLength: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constant('peek' as const), run, fence: fc.constant(0), claims: fc.array(claim, { maxLength: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('extend' as const), run, locks: keys, lease: length }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('settle' as const), run, locks: keys, late: length }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constantFrom('release' as const, 'quarantine' as const), run, locks: keys }) },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('cool' as const),
      cooldowns: fc.array(fc.record({ key, length, group }, { requiredKeys: ['key', 'length'] }), { maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('note' as const), notes: fc.array(note, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('lower' as const), flag: key, tallies: keys }) },
  { weight: 4, arbitrary: fc.record({ step: fc.constant('time' as const), by: fc.integer({ min: -5, max: 15 }) }) },
);

export const steps = fc.array(step, { minLength: 1, maxLength: 60 });

/** Does a step to a ledger; steps of time are the caller's. */
export async function take(ledger: Ledger, one: Exclude<Step, { step: 'time' }>): Promise<LedgerAnswer | boolean | undefined> {
  switch (one.step) {
    case 'acquire':
      return ledger.acquire(one);
    case 'peek':
      return ledger.peek(one);
    case 'extend':
      return ledger.extend(one.run, one.locks, one.lease);
    case 'release':
      await ledger.release(one.run, one.locks);
      return undefined;
    case 'settle':
      await ledger.settle(one.run, one.locks, one.late);
      return undefined;
    case 'quarantine':
      await ledger.quarantine(one.run, one.locks);
      return undefined;
    case 'cool':
      await ledger.cool(one.cooldowns);
      return undefined;
    case 'note':
      await ledger.note(one.notes);
      return undefined;
    case 'lower':
      return ledger.lower(one.flag, one.tallies);
  }
}
