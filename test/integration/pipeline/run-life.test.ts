import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { execute } from '../../../src/pipeline/execute.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig, quietMetrics } from '../../support/pipeline-rig.ts';

const scaleWeb = '{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } } }';
const scaleDb = '{ remediation: scale, with: { name: db, replicas: { atLeast: 3 } } }';
const oneAttempt = '{ cooldown: 5m, attempts: 1 }';

async function sent(options: ConstructorParameters<typeof PipelineRig>[0] = {}): Promise<PipelineRig> {
  const rig = new PipelineRig(options);
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

describe('a run that helps', () => {
  it('goes from matched to succeeded, writing each step before and after its effect', async () => {
    const rig = await sent();
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects, rig.errors]).toEqual(['succeeded', ['scaled web to 4'], []]);
    const [effect] = rig.world.effects;
    expect(effect?.journal).toEqual(['incident-opened', 'run-created', 'planned', 'admitted', 'intent', 'phase-changed']);
    const after = (await rig.journalTypes()).slice(effect?.journal.length);
    expect(after).toEqual([
      'step-applied',
      'phase-changed',
      'step-settled',
      'phase-changed',
      'verdict',
      'verdict',
      'phase-changed',
      'run-ended',
    ]);
    expect(run.charged).toBe(true);
    expect(run.decisions.map(({ guard }) => guard)).toEqual(rig.engine.guards.map(({ name }) => name));
    expect(run.decisions.every(({ reason }) => reason !== '')).toBe(true);
  });

  it('succeeds only when the evidence has held for as long as the rule says, sampled after the effect', async () => {
    const rig = await sent();
    const run = await rig.untilEnded();
    const effectAt = run.rungs[0]?.effectAt ?? 0;
    expect((run.finishedAt ?? 0) - effectAt).toBeGreaterThanOrEqual(15_000 + 15_000 + 30_000);
    expect((run.finishedAt ?? 0) - effectAt).toBeLessThan(75_000);
  });

  it('begins to count anew when the evidence breaks in between', async () => {
    const rig = await sent();
    const broken = rig.clock.now() + 50_000;
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: Math.abs(rig.clock.now() - broken) < 6000 ? 1 : 0 }];
    const run = await rig.untilEnded();
    expect(run.phase).toBe('succeeded');
    expect(run.finishedAt ?? 0).toBeGreaterThanOrEqual(broken + 6000 + 30_000);
  });

  it.each([
    ['no series', () => []],
    ['NaN', () => [{ labels: {}, at: Number.MAX_SAFE_INTEGER, value: Number.NaN }]],
    ['an outage', () => Promise.reject(new FixpointError('prometheus.unavailable', 'connection refused'))],
  ])('never takes %s as a pass', async (_name, answer) => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: oneAttempt })) });
    rig.prometheus = answer;
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.rungs[0]?.verdicts[0]?.verdict, rig.paged.length]).toEqual(['failed', 'inconclusive', 1]);
  });

  it('has one effect when two workers are told of it at once', async () => {
    const rig = new PipelineRig();
    rig.addWorker();
    await rig.send([{ fingerprint: 'a1' }]);
    const [run] = await rig.runs();
    await Promise.all([execute(rig.engine, { run: run?.id ?? '' }), execute(rig.engine, { run: run?.id ?? '' })]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    expect(rig.effects).toEqual(['scaled web to 4']);
  });
});

describe('the ladder', () => {
  it('is climbed at once where there is nothing to change', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${scaleWeb}, ${scaleDb}]` })) });
    rig.world.set('web', 4);
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.rungs.map(({ state }) => state), rig.effects]).toEqual([
      'succeeded',
      ['empty', 'succeeded'],
      ['scaled db to 3'],
    ]);
  });

  it('is climbed when verification fails, and a person is called once when it is exhausted', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${scaleWeb}, ${scaleDb}]`, guards: oneAttempt })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded(1_200_000);
    expect([run.phase, run.rungs.map(({ state }) => state)]).toEqual(['failed', ['failed', 'failed']]);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 3']);
    await rig.clock.advance(3_600_000);
    expect([rig.paged.length, (await rig.runs()).length, rig.paged[0]?.severity]).toEqual([1, 1, 'critical']);
    expect(rig.paged[0]?.text).toContain('did not help');
  });

  it('fails a rung whose effect never becomes complete', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: oneAttempt })) });
    const web = rig.world.workloads.get('web');
    if (web !== undefined) web.settles = false;
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded(3_600_000);
    expect([run.phase, run.rungs[0]?.reason]).toEqual(['failed', expect.stringContaining('did not take effect in time') as string]);
  });

  it('says why when nothing can be planned', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: oneAttempt })) });
    rig.world.workloads.delete('web');
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.charged, rig.effects]).toEqual(['failed', false, []]);
    expect(run.reason).toContain('deployments.apps "web" not found');
  });

  it('tries again what may pass, and gives up what does not within its time', async () => {
    const rig = await sent();
    rig.world.failures.push(new FixpointError('kubernetes.unavailable', 'HTTP 503'), new FixpointError('kubernetes.throttled', 'HTTP 429'));
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    expect(rig.effects).toEqual(['scaled web to 4']);

    const other = new PipelineRig({ rules: rulesFile(slowRule({ guards: oneAttempt })) });
    other.world.failures.push(...Array.from({ length: 10_000 }, () => new FixpointError('kubernetes.unavailable', 'HTTP 503')));
    await other.send([{ fingerprint: 'a1' }]);
    const run = await other.untilEnded(3_600_000);
    expect([run.phase, other.effects, other.paged.length]).toEqual(['failed', [], 1]);
  });
});

describe('what is no longer wanted', () => {
  it('is superseded when the alert ends before anything was done', async () => {
    const rig = new PipelineRig();
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('waiting');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.charged, rig.effects, rig.paged]).toEqual(['superseded', false, [], []]);
  });

  it('is superseded when its source no longer has it, though nobody said so', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }], { isKnownToSource: false });
    const run = await rig.untilEnded();
    expect([run.phase, run.reason]).toEqual(['superseded', 'stillFiring: its source no longer has it firing']);
  });

  it('is superseded when someone else changed the target between plan and apply', async () => {
    const rig = await sent();
    rig.world.onRequest = async () => {
      rig.world.onRequest = () => Promise.resolve();
      rig.world.set('web', 3);
    };
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects, rig.world.replicas('web')]).toEqual(['superseded', [], 3]);
    expect(run.reason).toContain('neither the 2 it was planned from nor 4');
  });

  it('is superseded when its rule has been removed before it acted', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'approve' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('awaiting-approval');
    rig.load(rulesFile(slowRule({ name: 'other' })));
    await rig.store.signal((await rig.newest()).id, { kind: 'members', at: 0 });
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['superseded', []]);
  });
});

describe('every run ends', () => {
  it('as expired when what it waits for never comes, and a person is called', async () => {
    const guards = '{ holdWhile: [{ match: \'alertname="DatabaseDown"\', scope: source }] }';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards })) });
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded(4_000_000);
    expect([run.phase, (run.finishedAt ?? 0) - run.createdAt < 3_610_000, rig.effects]).toEqual(['expired', true, []]);
    await rig.clock.advance(5000);
    expect(rig.paged.length).toBe(1);
  });

  it('as expired when no worker ever knows its rule', async () => {
    const rig = await sent({ engine: { definition: () => Promise.resolve(undefined) } });
    const run = await rig.untilEnded(4_000_000);
    await rig.clock.advance(5000);
    expect([run.phase, run.reason, rig.paged.length]).toEqual(['expired', 'no worker knew its rule in time', 1]);
  });

  it('as expired when its kept rule cannot be read', async () => {
    const rig = await sent({ engine: { definition: () => Promise.reject(new FixpointError('rules.invalid', 'unknown key')) } });
    expect((await rig.untilEnded(4_000_000)).phase).toBe('expired');
  });

  it.each([
    ['planning', () => Promise.resolve(), []],
    ['planning the second rung', (rig: PipelineRig) => rig.until(() => rig.effects.length > 0), ['scaled web to 4']],
    ['waiting', (rig: PipelineRig) => rig.untilPhase('waiting'), []],
  ])('when a bug stops it while %s', async (phase, arrive, effects) => {
    let isBroken = false;
    const decision = () => {
      if (isBroken) throw new TypeError('a bug');
    };
    const rules = rulesFile(slowRule({ ladder: `[${scaleWeb}, ${scaleDb}]`, guards: oneAttempt }));
    const rig = new PipelineRig({ rules, engine: { metrics: { ...quietMetrics, decision } } });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    if (phase === 'waiting') await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    if (phase === 'planning') isBroken = true;
    await rig.send([{ fingerprint: 'a1' }]);
    await arrive(rig);
    isBroken = true;
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.effects, rig.paged.length, rig.errors.length]).toEqual(['failed', 'a bug', effects, 1, 1]);
  });
});
