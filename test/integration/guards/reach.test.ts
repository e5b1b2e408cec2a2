import { describe, expect, it } from 'vitest';
import { ledgerKeys } from '../../../src/guards/ledger-keys.ts';
import { noteSightings } from '../../../src/pipeline/note-sightings.ts';
import { alertStorm } from '../../../src/guards/alert-storm.ts';
import { contextOf } from '../../unit/guards/guard-context.ts';
import { endedRuns, fleetRig, fleetRule, ill } from '../../support/pipeline/fleet.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

const hour = 60 * minute;

describe('blastRadius', () => {
  const fleet = 'fleet: { kind: Deployment, namespace: shop }';

  it('reaches no more targets than it may within the window, and calls a person for the rest', async () => {
    const rig = fleetRig('{ blastRadius: { targets: 2, window: 1h } }');
    await rig.send([0, 1, 2].map(ill));
    const phases = (await endedRuns(rig)).map(({ phase }) => phase);
    expect(phases.toSorted()).toEqual(['denied', 'succeeded', 'succeeded']);
    await rig.clock.advance(5000);
    expect(rig.paged).toHaveLength(1);
  });

  it('goes over a fleet by what it has mended: one, then more', async () => {
    const rig = fleetRig(`{ blastRadius: { ${fleet} } }`);
    await rig.send([0, 1, 2, 3, 4].map(ill));
    await rig.clock.advance(20_000);
    expect(rig.effects.length).toBe(1);
    const runs = await endedRuns(rig);
    expect(runs.map(({ phase }) => phase)).toEqual(Array.from({ length: 5 }, () => 'succeeded'));
    for (const run of runs) {
      const at = run.rungs[0]?.startedAt ?? 0;
      const mended = runs.filter(({ finishedAt = 0 }) => finishedAt <= at).length;
      const underWay = runs.filter(({ rungs, finishedAt = 0 }) => (rungs[0]?.startedAt ?? 0) <= at && finishedAt > at).length;
      expect(underWay).toBeLessThanOrEqual(mended + 1);
    }
  });

  it('stops at so many failures', async () => {
    const rig = fleetRig(`{ blastRadius: { failures: 2, grow: false, ${fleet} }, concurrency: 1, attempts: 1 }`);
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 9 }];
    await rig.send([0, 1, 2, 3].map(ill));
    const phases = (await endedRuns(rig)).map(({ phase }) => phase);
    expect([phases.toSorted(), rig.effects.length]).toEqual([['denied', 'denied', 'failed', 'failed'], 2]);
  });

  /** Whether so many targets are good enough for the rule to go further. */
  async function hasMended(rig: PipelineRig, count: number): Promise<boolean> {
    const claim = { kind: 'tally' as const, key: `${ledgerKeys.blast('slow', hour)}/good`, limit: { count, window: hour } };
    return (await rig.ledger.peek({ run: 'asks', fence: 0, claims: [claim] })).outcome === 'refused';
  }

  it('lets one run begin all of its targets, so that it can be mended at all', async () => {
    const rig = new PipelineRig({
      rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]', guards: `{ blastRadius: { ${fleet} } }` })),
    });
    await rig.send([{ fingerprint: 'a1' }]);
    expect([(await rig.untilEnded()).phase, rig.effects.length]).toEqual(['succeeded', 2]);
    expect([await hasMended(rig, 2), await hasMended(rig, 3)]).toEqual([true, false]);
  });

  it('counts for mended what helped, and not what was tried before', async () => {
    const rung = (name: string) => `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: 4 } } }`;
    const ladder = `[${rung('db')}, ${rung('web')}]`;
    const subject = 'kubernetes/default/shop/deployment.apps/web';
    const rules = rulesFile(slowRule({ ladder, guards: `{ blastRadius: { ${fleet} } }` }));
    const rig = new PipelineRig({ rules });
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded(hour);
    expect([run.phase, run.subject, run.rungs.map(({ state }) => state)]).toEqual(['succeeded', subject, ['failed', 'succeeded']]);
    expect([await hasMended(rig, 1), await hasMended(rig, 2)]).toEqual([true, false]);
  });

  it('takes a success back that did not last, and counts it as a failure', async () => {
    const rig = fleetRig(`{ blastRadius: { failures: 1, ${fleet} }, cooldown: 1m }`);
    await rig.send([ill(0)]);
    await endedRuns(rig);
    expect(await hasMended(rig, 1)).toBe(true);
    rig.world.set('app0', 2);
    await rig.until(async () => (await rig.journalTypes()).includes('recurred'), hour);
    expect((await endedRuns(rig))[0]).toMatchObject({ phase: 'denied', reason: expect.stringContaining('blastRadius') as string });
    expect([await hasMended(rig, 1), rig.effects.length]).toEqual([false, 1]);
  });

  it('bounds a list of named targets, too', async () => {
    const both = '[{ remediation: scale-both }]';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: both, guards: '{ blastRadius: { targets: 1 } }' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['denied', []]);
    const wide = new PipelineRig({ rules: rulesFile(slowRule({ ladder: both, guards: '{ blastRadius: { targets: 2 } }' })) });
    await wide.send([{ fingerprint: 'a1' }]);
    expect([(await wide.untilEnded()).phase, wide.effects.length]).toEqual(['succeeded', 2]);
  });
});

describe('alertStorm', () => {
  const storm = { subjects: 3, alerts: 1000, fleet: 50, window: minute, quiet: 5 * minute };

  it('holds everything before the first effect, calls one person once, and ends after quiet', async () => {
    const rig = fleetRig('{}', { limits: { storm } });
    await rig.send([0, 1, 2, 3].map(ill));
    await rig.clock.advance(4 * minute);
    expect(rig.effects).toEqual([]);
    expect((await rig.runs()).map(({ phase, waiting }) => [phase, waiting?.guard])).toEqual(
      Array.from({ length: 4 }, () => ['waiting', 'alertStorm']),
    );
    expect(rig.paged.map(({ incident, title }) => [incident, title])).toEqual([['storm', 'Alert storm: Fixpoint holds its runs']]);
    expect((await rig.ledger.standing()).storms.map(({ key }) => key)).toEqual(['subjects']);
    expect((await endedRuns(rig)).map(({ phase }) => phase)).toEqual(Array.from({ length: 4 }, () => 'succeeded'));
    expect((await rig.ledger.standing()).storms).toEqual([]);
  });

  it('goes on for as long as things fall ill', async () => {
    const rig = fleetRig('{}', { limits: { storm: { ...storm, window: hour } } });
    await rig.send([0, 1, 2, 3].map(ill));
    for (const index of [4, 5, 6]) {
      await rig.clock.advance(4 * minute);
      await rig.send([ill(index)]);
    }
    await rig.clock.advance(4 * minute);
    expect([rig.effects, rig.paged.length]).toEqual([[], 1]);
  });

  it('is not made by one thing that has many alerts', async () => {
    const rig = fleetRig('{}', { limits: { storm } });
    await rig.send(Array.from({ length: 50 }, (_none, index) => ({ fingerprint: `p${index}`, labels: { app: 'app0' } })));
    expect((await endedRuns(rig)).map(({ phase }) => phase)).toEqual(['succeeded']);
  });

  it('suspects the sensor of most of a fleet', async () => {
    // Ten there are: web, db and eight more.
    const guards = '{ blastRadius: { grow: false, fleet: { kind: Deployment, namespace: shop } } }';
    const some = fleetRig(guards, { limits: { storm: { ...storm, subjects: 100 } } });
    await some.send([0, 1, 2, 3, 4].map(ill));
    expect((await endedRuns(some)).map(({ phase }) => phase)).toEqual(Array.from({ length: 5 }, () => 'succeeded'));
    const most = fleetRig(guards, { limits: { storm: { ...storm, subjects: 100 } } });
    await most.send([0, 1, 2, 3, 4, 5].map(ill));
    await most.clock.advance(30_000);
    expect([most.effects, most.paged.map(({ incident }) => incident)]).toEqual([[], ['storm-slow']]);
  });

  it('knows most of a fleet of one as of thousands, and takes as many as it can tell apart for most of any', async () => {
    for (const [size, many, isHeld] of [
      [1, 2, false],
      [1, 3, true],
      [8000, 4000, false],
      [8000, 4001, true],
      [20_000, 4999, false],
      [20_000, 5000, true],
    ] as const) {
      const limits = { storm: { ...storm, subjects: 1_000_000, alerts: 1_000_000 } };
      const rig = new PipelineRig({ rules: fleetRule('{ blastRadius: { fleet: { kind: Deployment, namespace: shop } } }'), limits });
      const { engine } = rig;
      const [rule] = engine.rulebook().rules;
      if (rule === undefined) throw new Error('the rig has one rule');
      const taken = Array.from({ length: many }, (_none, index) => ({
        entry: { subject: `app${index}`, alert: { source: 'main', fingerprint: `f${index}` } } as never,
        rule,
        outcome: 'opened' as const,
      }));
      await noteSightings(engine, taken);
      const context = contextOf({ settings: rule.guards, storm: limits.storm, fleetSize: () => Promise.resolve(size) });
      const claims = (await alertStorm.claims?.(context)) ?? [];
      const answer = await rig.ledger.peek({ run: 'asks', fence: 0, claims });
      expect([size, many, answer.outcome]).toEqual([size, many, isHeld ? 'refused' : 'granted']);
    }
  });

  it('leaves undo possible', async () => {
    const ladder = '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }, undo: { when: resolved, after: 1m } }]';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })), limits: { storm: { ...storm, quiet: 10 * hour } } });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    const what = ['1', '2', '3', '4'];
    await rig.ledger.note([{ kind: 'sighting', key: 'subjects', what, limit: { count: 3, window: minute }, quiet: 10 * hour }]);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(async () => (await rig.runs()).some(({ kind, phase }) => kind === 'undo' && phase === 'succeeded'), hour);
    expect(rig.world.replicas('web')).toBe(2);
    expect((await rig.ledger.standing()).storms).toHaveLength(1);
  });
});
