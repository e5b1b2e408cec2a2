import { ledgerKeys } from '../../../src/guards/ledger-keys.ts';
import type { Claimable, Note } from '../../../src/ports/ledger.ts';
import type { Limits } from '../../../src/rule/guard-settings.ts';
import type { PipelineRig } from '../pipeline-rig.ts';
import { subject, targetOf, type Situation } from './situation.ts';

const hour = 3_600_000;
const perHour = (count: number) => ({ count, window: hour });
const storm: NonNullable<Limits['storm']> = { subjects: 2, alerts: 3, fleet: 50, window: 60_000, quiet: 60_000 };
const fleet = 'fleet: { kind: Deployment, namespace: shop }';

/** Another run has these. */
async function others(rig: PipelineRig, ...claims: readonly Claimable[]): Promise<void> {
  const answer = await rig.ledger.acquire({ run: 'other-1', fence: 1, claims });
  if (answer.outcome !== 'granted') throw new Error(answer.reason);
}

function seen(key: 'subjects' | 'alerts', count: number): Note {
  const what = Array.from({ length: count }, (_none, index) => `s${index}`);
  return { kind: 'sighting', key, what, limit: { count: storm[key], window: storm.window }, quiet: storm.quiet };
}

/** At least one for every answer of every guard that asks the ledger. */
export const ledgerSituations: readonly Situation[] = [
  {
    what: 'a cooldown',
    guard: 'cooldown',
    decision: 'deny',
    because: 'the rule on this subject is cooling down, for another 10m',
    guards: '{ cooldown: 5m }',
    prepare: (rig) => rig.ledger.cool([{ key: ledgerKeys.ruleCooldown('slow', subject), length: 600_000 }]),
  },
  {
    what: 'a rate that is used up',
    guard: 'rate',
    decision: 'deny',
    because: 'rate 1/1h of rule slow is used up',
    guards: '{ rate: 1/1h }',
    prepare: (rig) => others(rig, { kind: 'rate', key: ledgerKeys.rate('rule', 'slow', hour), rate: perHour(1) }),
  },
  ...(['rule', 'target', 'namespace', 'global'] as const).map((scope): Situation => {
    const name = { rule: 'slow', target: subject, namespace: 'shop', global: 'all' }[scope];
    const key = ledgerKeys.rate(scope, name, 24 * hour);
    return {
      what: `the second of two windows used up, by ${scope}`,
      guard: 'rate',
      decision: 'deny',
      because: `rate 1/1d of ${scope === 'global' ? 'everything' : `${scope} ${name}`} is used up`,
      guards: `{ rate: { ${scope}: [3/1h, 1/1d] } }`,
      prepare: (rig) => others(rig, { kind: 'rate', key, rate: { count: 1, window: 24 * hour } }),
    };
  }),
  {
    what: 'attempts that are used up',
    guard: 'attempts',
    decision: 'deny',
    because: 'all 1 attempts of the incident are used',
    guards: '{ attempts: 1 }',
    prepare: (rig) => others(rig, { kind: 'attempts', key: ledgerKeys.attempts('inc1'), max: 1 }),
  },
  {
    what: 'a subject that was mended too often',
    guard: 'recurrence',
    decision: 'deny',
    because: 'inc0-2, inc0-1',
    guards: '{ recurrence: 2/1h }',
    async prepare(rig) {
      const note = (what: string): Note => ({ kind: 'tally', key: ledgerKeys.recurrence(subject, hour), what, limit: perHour(2) });
      await rig.ledger.note([note('inc0-1'), note('inc0-2')]);
    },
  },
  {
    what: 'too many targets',
    guard: 'blastRadius',
    decision: 'deny',
    because: 'as many as there may be',
    guards: '{ blastRadius: { targets: 1 } }',
    prepare: (rig) => others(rig, { kind: 'spread', key: ledgerKeys.blast('slow', hour), what: 'another', limit: perHour(1) }),
  },
  {
    what: 'too much of a fleet',
    guard: 'blastRadius',
    decision: 'deny',
    because: '1 targets of',
    guards: `{ blastRadius: { percent: 50, grow: false, ${fleet} } }`,
    prepare: (rig) => others(rig, { kind: 'spread', key: ledgerKeys.blast('slow', hour), what: 'another', limit: perHour(1) }),
  },
  {
    what: 'a fleet nobody can find',
    guard: 'blastRadius',
    decision: 'deny',
    because: 'the fleet is empty',
    guards: `{ blastRadius: { percent: 50, ${fleet.replace('Deployment', 'StatefulSet')} } }`,
  },
  {
    what: 'a fleet of which one is being mended',
    guard: 'blastRadius',
    decision: 'defer',
    because: 'under way',
    guards: `{ blastRadius: { ${fleet} } }`,
    prepare: (rig) => others(rig, { kind: 'spread', key: ledgerKeys.blast('slow', hour), what: 'another', limit: perHour(10) }),
  },
  {
    what: 'a fleet on which it failed too often',
    guard: 'blastRadius',
    decision: 'deny',
    because: 'inc0-1',
    guards: `{ blastRadius: { failures: 1, ${fleet} } }`,
    prepare: (rig) => rig.ledger.note([{ kind: 'tally', key: ledgerKeys.blastFailures('slow', hour), what: 'inc0-1', limit: perHour(1) }]),
  },
  {
    what: 'a demoted rule',
    guard: 'failureBudget',
    decision: 'needs-approval',
    because: 'failed too often',
    guards: '{ failureBudget: 1/1h }',
    prepare: (rig) =>
      rig.ledger.note([
        { kind: 'tally', key: 'many', what: 'r', limit: perHour(1), flag: { key: ledgerKeys.demoted('slow'), reason: 'failed too often' } },
      ]),
  },
  ...(['subjects', 'alerts'] as const).map((key): Situation => ({
    what: `a storm of ${key}`,
    guard: 'alertStorm',
    decision: 'defer',
    because: `too many ${key} at once`,
    rig: { limits: { storm } },
    prepare: (rig) => rig.ledger.note([seen(key, storm[key] + 1)]),
  })),
  {
    what: 'most of a fleet',
    guard: 'alertStorm',
    decision: 'defer',
    because: 's0',
    guards: `{ blastRadius: { ${fleet} } }`,
    rig: { limits: { storm } },
    prepare: (rig) =>
      rig.ledger.note(
        [0, 1, 2].map((index): Note => {
          return { kind: 'tally', key: ledgerKeys.ill('slow'), what: `s${index}`, limit: { count: 1000, window: storm.window } };
        }),
      ),
  },
  ...(['rule', 'source', 'namespace', 'global'] as const).map((scope): Situation => {
    const name = { rule: 'slow', source: 'main', namespace: 'shop', global: 'all' }[scope];
    return {
      what: `another run of the same ${scope}`,
      guard: 'concurrency',
      decision: 'defer',
      because: `all 1 places of ${scope === 'global' ? 'everything' : `${scope} ${name}`} are taken`,
      guards: scope === 'rule' ? '{ concurrency: 1 }' : `{ concurrency: { ${scope}: 1 } }`,
      prepare: (rig) => others(rig, { kind: 'slot', key: ledgerKeys.slot(scope, name), max: 1, lease: hour }),
    };
  }),
  {
    what: 'another run on the same target',
    guard: 'targetLock',
    decision: 'defer',
    because: 'kubernetes/default/shop/deployment.apps/web is held by run other-1',
    prepare: (rig) => others(rig, { kind: 'lock', key: ledgerKeys.lock(targetOf('web')), lease: hour }),
  },
  {
    what: 'a target whose state nobody knows',
    guard: 'targetLock',
    decision: 'defer',
    because: 'is quarantined',
    prepare: (rig) => rig.ledger.quarantine('other-1', [ledgerKeys.lock(targetOf('web'))]),
  },
];
