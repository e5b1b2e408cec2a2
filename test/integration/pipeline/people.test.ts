import { describe, expect, it } from 'vitest';
import { actOnRun, type PersonalAct } from '../../../src/pipeline/act-on-run.ts';
import type { PauseScope } from '../../../src/ports/store.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { Mortality } from '../../support/pipeline/mortality.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const approving = rulesFile(slowRule({ mode: 'approve' }));

async function act(rig: PipelineRig, kind: PersonalAct): Promise<void> {
  await actOnRun(rig.engine, (await rig.newest()).id, { kind, by: 'ann', reason: 'as agreed' });
}

async function asked(rules = approving): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules });
  await rig.send([{ fingerprint: 'a1' }]);
  await rig.untilPhase('awaiting-approval');
  return rig;
}

describe('modes that do not act by themselves', () => {
  it('observe: nothing is read', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'observe' })) });
    rig.world.onRead = () => Promise.reject(new Error('observing reads nothing'));
    await rig.send([{ fingerprint: 'a1' }]);
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['observed', []]);
  });

  it('plan: every rung is planned, nothing is changed or charged, and there is one run', async () => {
    const ladder =
      '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } } }, { remediation: scale, with: { name: db, replicas: { atLeast: 3 } } }]';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'plan', ladder })) });
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    const changes = run.rungs.map(({ steps }) => steps[0]?.changes[0]);
    expect(changes).toEqual([
      { what: 'spec.replicas', from: 2, to: 4 },
      { what: 'spec.replicas', from: 1, to: 3 },
    ]);
    await rig.clock.advance(3_600_000);
    expect([run.phase, run.charged, rig.effects, (await rig.runs()).length]).toEqual(['planned', false, [], 1]);
  });

  it('a limit of the deployment is over every rule', async () => {
    const rig = new PipelineRig({ limits: { mode: 'plan' } });
    await rig.send([{ fingerprint: 'a1' }]);
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['planned', []]);
  });

  it('a rule made stricter meanwhile counts for runs that exist', async () => {
    const rig = new PipelineRig();
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('waiting');
    rig.load(approving);
    await rig.store.removePause('p1', 'ann');
    await rig.untilPhase('awaiting-approval');
    expect(rig.effects).toEqual([]);
  });
});

describe('approval', () => {
  it('is asked for with the plan, and the plan shown is applied', async () => {
    const rig = await asked();
    const shown = (await rig.newest()).rungs[0]?.steps[0]?.intent;
    await rig.clock.advance(300_000);
    expect(rig.effects).toEqual([]);
    await act(rig, 'approve');
    const run = await rig.untilEnded();
    expect([run.phase, run.rungs[0]?.steps[0]?.intent, rig.effects]).toEqual(['succeeded', shown, ['scaled web to 4']]);
    expect(run.decisions.find(({ guard, decision }) => guard === 'approval' && decision === 'allow')?.reason).toContain('approved by ann');
  });

  it('ends the run when a person says no, and calls nobody', async () => {
    const rig = await asked();
    await act(rig, 'deny');
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.effects, rig.paged]).toEqual(['denied', 'denied by ann: as agreed', [], []]);
  });

  it('expires, and then a person is called', async () => {
    const rig = await asked(rulesFile(slowRule({ mode: 'approve', guards: '{ approval: { expires: 10m } }' })));
    const run = await rig.untilEnded(700_000);
    expect([run.phase, run.reason, rig.effects, rig.paged.length]).toEqual(['expired', 'nobody answered in time', [], 1]);
  });

  it('is asked again when the world changed after the plan was shown', async () => {
    const rig = await asked();
    const first = (await rig.newest()).approval?.plan;
    rig.world.set('web', 3);
    await act(rig, 'approve');
    await rig.clock.advance(5000);
    const run = await rig.newest();
    expect([run.phase, run.approval?.plan === first, run.approval?.answer, rig.effects]).toEqual([
      'awaiting-approval',
      false,
      undefined,
      [],
    ]);
    await act(rig, 'approve');
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['succeeded', ['scaled web to 4']]);
  });

  it('of another plan does not count', async () => {
    const rig = await asked();
    await rig.store.signal((await rig.newest()).id, { kind: 'approve', by: 'ann', reason: 'late', at: 0, plan: 'another' });
    await rig.clock.advance(60_000);
    expect([(await rig.newest()).phase, rig.effects]).toEqual(['awaiting-approval', []]);
  });

  it('is outranked by a pause, and still counts after it', async () => {
    const rig = await asked();
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'bob' });
    await act(rig, 'approve');
    await rig.untilPhase('waiting');
    await rig.clock.advance(60_000);
    expect(rig.effects).toEqual([]);
    await rig.store.removePause('p1', 'bob');
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['succeeded', ['scaled web to 4']]);
  });

  it('can only be given to a run that waits for it', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('verifying');
    await expect(act(rig, 'approve')).rejects.toMatchObject({ code: 'run.conflict' });
    await rig.untilEnded();
    await expect(act(rig, 'cancel')).rejects.toMatchObject({ code: 'run.conflict' });
    await expect(actOnRun(rig.engine, 'none', { kind: 'cancel', by: 'ann', reason: '' })).rejects.toMatchObject({ code: 'run.unknown' });
  });
});

describe('cancelling', () => {
  it.each(['awaiting-approval', 'waiting', 'verifying'] as const)('ends a run that is %s', async (phase) => {
    const rig = new PipelineRig({ rules: phase === 'awaiting-approval' ? approving : rulesFile(slowRule()) });
    if (phase === 'waiting') await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase(phase);
    await act(rig, 'cancel');
    const run = await rig.untilEnded(10_000);
    expect([run.phase, run.reason, rig.paged]).toEqual(['cancelled', 'cancelled by ann: as agreed', []]);
  });

  it('between two steps lets the second one be', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]' })) });
    rig.world.onEffect = () => act(rig, 'cancel');
    await rig.send([{ fingerprint: 'a1' }]);
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['cancelled', ['scaled web to 4']]);
  });

  it('after a crash says that the outcome of a step that was begun is unknown, keeps others off, and calls a person', async () => {
    const stopped = Array.from({ length: 60 }, (_unused, index) => index + 1);
    const seen = new Set<string>();
    for (const at of stopped) {
      const mortality = new Mortality(at, 'killed-before');
      const rig = new PipelineRig({ mortality });
      const survivor = rig.addWorker();
      rig.engineForIntake = survivor;
      await rig.send([{ fingerprint: 'a1' }]);
      await rig.until(() => Promise.resolve(mortality.isStopped || rig.effects.length > 0), 5000).catch(() => {});
      const [run] = await rig.runs();
      const isOpen = run?.phase === 'applying' && run.rungs[run.rung]?.steps.some(({ state }) => state === 'applying') === true;
      if (!mortality.isStopped || !isOpen) continue;
      await actOnRun(survivor, run.id, { kind: 'cancel', by: 'ann', reason: 'as agreed' });
      const ended = await rig.untilEnded(60_000);
      seen.add(ended.phase);
      const claim = { kind: 'lock', key: 'lock/kubernetes/default/shop/deployment.apps/web', lease: 1 } as const;
      expect(ended.reason).toContain('unknown');
      // For ever: not for the rest of a lease.
      await rig.clock.advance(4 * 60 * 60_000);
      expect(await rig.ledger.peek({ run: 'other', fence: 0, claims: [claim] })).toMatchObject({ outcome: 'refused' });
      expect(rig.paged).toHaveLength(1);
    }
    expect([...seen]).toEqual(['interrupted']);
  });

  it('frees the target for others', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('verifying');
    await act(rig, 'cancel');
    await rig.untilEnded();
    const key = 'lock/kubernetes/default/shop/deployment.apps/web';
    expect(await rig.ledger.peek({ run: 'other', fence: 0, claims: [{ kind: 'lock', key, lease: 1 }] })).toMatchObject({
      outcome: 'granted',
    });
  });
});

describe('pausing', () => {
  const web = 'kubernetes/default/shop/deployment.apps/web';

  it.each<PauseScope>([
    { kind: 'global' },
    { kind: 'rule', name: 'slow' },
    { kind: 'source', name: 'main' },
    { kind: 'namespace', name: 'shop' },
    { kind: 'target', name: web },
  ])('by $kind $name holds the run, and it goes on by itself afterwards', async (scope) => {
    const rig = new PipelineRig();
    await rig.store.addPause({ id: 'p1', scope, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(600_000);
    const held = await rig.newest();
    expect([held.phase, held.waiting?.guard, held.charged, rig.effects]).toEqual(['waiting', 'paused', false, []]);
    expect(held.reason).toContain('paused by ann');
    await rig.store.removePause('p1', 'ann');
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects]).toEqual(['succeeded', ['scaled web to 4']]);
    // It asked every other second for ten minutes, and said so once.
    const said = (await rig.store.journalOf(run.id)).filter(({ type, data }) => type === 'decision' && data['guard'] === 'paused');
    expect(said.length).toBe(1);
  });

  it.each<PauseScope>([
    { kind: 'rule', name: 'other' },
    { kind: 'source', name: 'other' },
    { kind: 'namespace', name: 'other' },
    { kind: 'target', name: `${web}-2` },
  ])('of another $kind holds nothing', async (scope) => {
    const rig = new PipelineRig();
    await rig.store.addPause({ id: 'p1', scope, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
  });

  it('by file holds and lets go without the store', async () => {
    const rig = new PipelineRig();
    rig.localPause = 'the file /data/PAUSED is there';
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(30_000);
    expect([(await rig.newest()).reason, rig.effects]).toEqual(['paused: the file /data/PAUSED is there', []]);
    rig.localPause = undefined;
    expect((await rig.untilEnded()).phase).toBe('succeeded');
  });

  it('ends when its time is over', async () => {
    const rig = new PipelineRig();
    const until = rig.clock.now() + 60_000;
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann', until });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(() => rig.effects.length > 0);
    expect(rig.clock.now()).toBeGreaterThanOrEqual(until);
    expect(rig.clock.now()).toBeLessThan(until + 3000);
  });

  it.each([
    ['store', (rig: PipelineRig) => rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' })],
    ['file', (rig: PipelineRig) => Promise.resolve((rig.localPause = 'PAUSED'))],
  ])('by %s between admission and effect stops the effect; what cannot be repeated is done afterwards, once', async (_kind, pause) => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: '[{ remediation: ring }]', guards: '{ attempts: 1 }' })) });
    const acquire = rig.ledger.acquire.bind(rig.ledger);
    rig.ledger.acquire = async (request) => {
      const answer = await acquire(request);
      await pause(rig);
      rig.ledger.acquire = acquire;
      return answer;
    };
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(60_000);
    expect([(await rig.newest()).phase, rig.effects]).toEqual(['waiting', []]);
    rig.localPause = undefined;
    await rig.store.removePause('p1', 'ann');
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['failed', ['created bell']]);
  });
});

describe('a person who has seen it', () => {
  it('may be called about the incident again', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ cooldown: 1m, attempts: 3 }' })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    rig.world.onEffect = () => Promise.resolve(rig.world.set('web', 2));
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded(1_200_000);
    expect(rig.paged.length).toBe(1);
    await act(rig, 'acknowledge');
    await rig.until(async () => (await rig.runs()).length === 2);
    await rig.untilEnded(1_200_000);
    expect(rig.paged.length).toBe(2);
  });

  it('frees the targets of a run whose outcome is unknown', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: '[{ remediation: ring }]' })) });
    rig.world.onEffect = () => new Promise(() => {});
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects, rig.paged.length]).toEqual(['interrupted', ['created bell'], 1]);
    const claims = [{ kind: 'lock' as const, key: 'lock/kubernetes/default/shop/configmap/bell', lease: 1 }];
    await rig.clock.advance(86_400_000);
    expect(await rig.ledger.peek({ run: 'other', fence: 0, claims })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('quarantined') as string,
    });
    await act(rig, 'acknowledge');
    expect(await rig.ledger.peek({ run: 'other', fence: 0, claims })).toMatchObject({ outcome: 'granted' });
  });
});
