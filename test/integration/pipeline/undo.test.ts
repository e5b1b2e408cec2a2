import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { undoByHand } from '../../../src/pipeline/undo-by-hand.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { Run } from '../../../src/run/run.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;
const person = { by: 'ann', reason: 'the load has gone' };

function web(undo: string, replicas = '{ atLeast: 4 }'): string {
  return `{ remediation: scale, with: { name: web, replicas: ${replicas} }, undo: ${undo} }`;
}

const scaleDb = '{ remediation: scale, with: { name: db, replicas: { atLeast: 3 } } }';
const oneAttempt = '{ cooldown: 5m, attempts: 1 }';

async function undoOf(rig: PipelineRig): Promise<Run> {
  const undo = (await rig.runs()).find(({ kind }) => kind === 'undo');
  if (undo === undefined) throw new Error(`there is no undo run\n${await rig.describe()}`);
  return undo;
}

async function untilUndone(rig: PipelineRig, limit = 120 * minute): Promise<Run> {
  await rig.until(async () => (await rig.runs()).some(({ kind, finishedAt }) => kind === 'undo' && finishedAt !== undefined), limit);
  return await undoOf(rig);
}

/** A run that helped, and whose change is to be taken back half an hour after the incident is over. */
async function helped(undo = '{ when: resolved, after: 30m }'): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${web(undo)}]` })) });
  await rig.send([{ fingerprint: 'a1' }]);
  await rig.untilPhase('succeeded');
  return rig;
}

/** An alert whose first rung changes one of two workloads, is refused the other, and so is taken back. */
async function halfApplied(more = ''): Promise<PipelineRig> {
  const both = `{ remediation: scale-both, undo: { when: failed }${more} }`;
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${both}, ${scaleDb}]`, guards: oneAttempt })) });
  rig.world.onEffect = () =>
    Promise.resolve(void (rig.effects.length === 1 && rig.world.failures.push(new FixpointError('kubernetes.forbidden', 'no'))));
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

describe('undo once the incident is over', () => {
  it('waits for the flap window and the quiet time, then restores what was there, and says so on both runs', async () => {
    const rig = await helped();
    const run = (await rig.runs()).find(({ kind }) => kind === 'remediation');
    expect(await undoOf(rig)).toMatchObject({ id: `${run?.id}-undo`, phase: 'waiting', undoes: run?.id, waiting: { guard: 'resolved' } });
    await rig.clock.advance(8 * minute);
    expect((await undoOf(rig)).phase).toBe('waiting');
    const resolvedAt = rig.clock.now();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const undo = await untilUndone(rig);
    expect([undo.phase, undo.charged, rig.effects, rig.world.replicas('web')]).toEqual([
      'succeeded',
      false,
      ['scaled web to 4', 'scaled web to 2'],
      2,
    ]);
    // Five minutes of flap window, then thirty of quiet.
    expect((undo.finishedAt ?? 0) - resolvedAt).toBeGreaterThanOrEqual(35 * minute);
    expect((undo.finishedAt ?? 0) - resolvedAt).toBeLessThan(37 * minute);
    const ofRun = (await rig.store.journalOf(run?.id ?? '')).map(({ type }) => type);
    expect(ofRun.filter((type) => type.startsWith('undo'))).toEqual(['undo-scheduled', 'undo-ended']);
    const [, effect] = rig.world.effects;
    expect(effect?.journal.slice(-3)).toEqual(['planned', 'admitted', 'intent']);
    expect([rig.paged, rig.errors]).toEqual([[], []]);
  });

  it('leaves alone what somebody has changed since, and says what', async () => {
    const rig = await helped();
    rig.world.set('web', 7);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const undo = await untilUndone(rig);
    expect([undo.phase, rig.world.replicas('web'), rig.effects]).toEqual(['superseded', 7, ['scaled web to 4']]);
    expect(undo.reason).toContain('spec.replicas of kubernetes/default/shop/deployment.apps/web is 7, not 4 as it was left');
  });

  it('leaves alone an object that only has the same name', async () => {
    const rig = await helped();
    rig.world.workloads.delete('web');
    rig.world.add('web', 4);
    rig.world.workloads.get('web')!.generation = 3;
    Object.assign(rig.world.workloads.get('web')!, { uid: 'another' });
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const undo = await untilUndone(rig);
    expect([undo.phase, rig.world.replicas('web')]).toEqual(['superseded', 4]);
    expect(undo.reason).toContain('another object');
  });

  it('has nothing to do where it is back already', async () => {
    const rig = await helped();
    rig.world.set('web', 2);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const undo = await untilUndone(rig);
    expect([undo.phase, undo.reason, rig.effects]).toEqual(['succeeded', 'scale: back already', ['scaled web to 4']]);
  });

  it('is postponed while the incident is open again, and the quiet time begins anew', async () => {
    const rig = await helped();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.clock.advance(20 * minute);
    await rig.send([{ fingerprint: 'a1', startsAt: rig.clock.now() }]);
    await rig.clock.advance(60 * minute);
    expect((await rig.runs()).find(({ id }) => id.endsWith('-undo'))).toMatchObject({
      phase: 'waiting',
      reason: expect.stringContaining('postponed') as string,
    });
    expect(rig.world.replicas('web')).toBe(4);
    const resolvedAt = rig.clock.now();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const undo = await untilUndone(rig);
    expect([undo.phase, rig.world.replicas('web')]).toEqual(['succeeded', 2]);
    expect((undo.finishedAt ?? 0) - resolvedAt).toBeGreaterThanOrEqual(35 * minute);
  });

  it('of a later change inherits the oldest baseline, and the older undo gives way to it', async () => {
    const rig = await helped();
    const first = await undoOf(rig);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.clock.advance(20 * minute);
    // By now more is wanted.
    rig.load(rulesFile(slowRule({ ladder: `[${web('{ when: resolved, after: 30m }', '{ atLeast: 6 }')}]` })));
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: rig.world.replicas('web') >= 6 ? 0 : 1 }];
    await rig.send([{ fingerprint: 'a1', startsAt: rig.clock.now() }]);
    await rig.until(async () => (await rig.runs()).filter(({ phase }) => phase === 'succeeded').length === 2);
    await rig.until(async () => (await rig.store.run(first.id))?.run.phase === 'superseded');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(async () => (await rig.runs()).every(({ finishedAt }) => finishedAt !== undefined), 120 * minute);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 6', 'scaled web to 2']);
  });

  it('is held by a pause, a lock and protection, and free of cooldown and rate', async () => {
    const rig = await helped();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.store.addPause({ id: 'p', scope: { kind: 'rule', name: 'slow' }, reason: 'freeze', by: 'ann' });
    await rig.clock.advance(60 * minute);
    expect(await undoOf(rig)).toMatchObject({ phase: 'waiting', waiting: { guard: 'paused' } });
    await rig.store.removePause('p', 'ann');
    const undo = await untilUndone(rig);
    expect([...new Set(undo.decisions.map(({ guard }) => guard))]).toEqual(['paused', 'protectedTarget', 'window', 'targetLock']);

    const other = await helped();
    other.protection.targets.push('kubernetes/*/shop/*/web');
    await other.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const denied = await untilUndone(other);
    expect([denied.phase, other.world.replicas('web')]).toEqual(['denied', 4]);
    await other.clock.advance(5000);
    expect(other.paged.map(({ key }) => key)).toEqual([`undo/${denied.id}`]);
  });

  it('is not done by itself when the rule is trusted with less by then, and a person is told how', async () => {
    const rig = await helped();
    rig.load(rulesFile(slowRule({ mode: 'plan', ladder: `[${web('{ when: resolved }')}]` })));
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const undo = await untilUndone(rig);
    expect([undo.phase, undo.reason, rig.effects.length]).toEqual(['denied', expect.stringContaining('fixpoint undo') as string, 1]);
    const run = undo.undoes ?? '';
    const again = await undoByHand(rig.engine, run, person);
    await rig.until(async () => (await rig.store.run(again))?.run.phase === 'succeeded');
    expect(rig.world.replicas('web')).toBe(2);
  });

  it('outlives its rule: what the rule changed still is to be taken back', async () => {
    const rig = await helped();
    rig.load(rulesFile(slowRule({ name: 'another' })));
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    expect((await untilUndone(rig)).phase).toBe('succeeded');
  });

  it('can be called off', async () => {
    const rig = await helped();
    await actOnRun(rig.engine, (await undoOf(rig)).id, { kind: 'cancel', ...person });
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    expect((await untilUndone(rig)).phase).toBe('cancelled');
    await rig.clock.advance(60 * minute);
    expect(rig.world.replicas('web')).toBe(4);
  });

  it('is scheduled for a ladder that failed, too, the last change first', async () => {
    const db = '{ remediation: scale, with: { name: db, replicas: { atLeast: 3 } }, undo: { when: resolved } }';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${web('{ when: resolved }')}, ${db}]`, guards: oneAttempt })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('failed', 60 * minute);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await untilUndone(rig);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 3', 'scaled db to 1', 'scaled web to 2']);
  });
});

describe('undo of a rung that failed', () => {
  it('comes before the next rung, which plans on the world as it was', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${web('{ when: failed }')}, ${scaleDb}]`, guards: oneAttempt })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('failed', 60 * minute);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 2', 'scaled db to 3']);
    const main = (await rig.runs()).find(({ kind }) => kind === 'remediation');
    expect(main?.rungs[0]).toMatchObject({ state: 'failed', undo: { when: 'failed', run: `${main?.id}-undo-1`, outcome: 'succeeded' } });
    await rig.clock.advance(5000);
    expect(rig.paged).toHaveLength(1);
  });

  it('comes also after one that could not be applied to the end', async () => {
    const rig = await halfApplied();
    await rig.until(() => rig.effects.length >= 3, 60 * minute);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 2', 'scaled db to 3']);
  });

  it('ends the ladder where the rule says stop', async () => {
    const rig = await halfApplied(', onError: stop');
    await rig.untilPhase('failed', 60 * minute);
    const run = (await rig.runs()).find(({ kind }) => kind === 'remediation');
    expect([rig.effects, run?.reason]).toEqual([
      ['scaled web to 4', 'scaled web to 2'],
      expect.stringContaining('stopped there; scale-both') as string,
    ]);
  });

  it('stops the ladder when it cannot be done', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${web('{ when: failed }')}, ${scaleDb}]`, guards: oneAttempt })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(() => rig.effects.length === 1);
    rig.world.failures.push(new FixpointError('kubernetes.forbidden', 'no'));
    await rig.until(async () => (await rig.runs()).every(({ finishedAt }) => finishedAt !== undefined), 60 * minute);
    const main = (await rig.runs()).find(({ kind }) => kind === 'remediation');
    expect([main?.phase, rig.effects]).toEqual(['failed', ['scaled web to 4']]);
    expect(main?.reason).toContain('could not be taken back');
  });

  it('climbs where somebody else has changed it: it is theirs', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${web('{ when: failed }')}, ${scaleDb}]`, guards: oneAttempt })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(() => rig.effects.length === 1);
    rig.world.set('web', 9);
    await rig.until(() => rig.effects.length === 2, 60 * minute);
    expect([rig.effects, rig.world.replicas('web')]).toEqual([['scaled web to 4', 'scaled db to 3'], 9]);
  });
});

describe('undo by hand', () => {
  it('lets the undo go that waits', async () => {
    const rig = await helped();
    const undo = await undoOf(rig);
    expect(await undoByHand(rig.engine, undo.undoes ?? '', person)).toBe(undo.id);
    expect((await untilUndone(rig)).phase).toBe('succeeded');
    expect(rig.world.replicas('web')).toBe(2);
    const acted = (await rig.store.journalOf(undo.id)).find(({ type }) => type === 'person-acted');
    expect(acted?.data).toEqual({ kind: 'undo', ...person });
    await expect(undoByHand(rig.engine, undo.undoes ?? '', person)).rejects.toThrow('taken back already');
  });

  it('makes one where none was planned, once for any number of wishes', async () => {
    const rig = await helped('{ when: never }');
    const [run] = await rig.runs();
    const id = run?.id ?? '';
    const asked = await Promise.allSettled([undoByHand(rig.engine, id, person), undoByHand(rig.engine, id, person)]);
    expect(asked.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    await untilUndone(rig);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 2']);
  });

  it('says why it cannot', async () => {
    const rig = new PipelineRig({
      rules: rulesFile(
        slowRule({
          ladder: '[{ remediation: ring }]',
          verify: "{ within: 3m, checks: [{ promql: { query: slowness, expect: 'value < 2.0', window: 15s } }] }",
        }),
      ),
    });
    await rig.send([{ fingerprint: 'a1' }]);
    const [live] = await rig.runs();
    await expect(undoByHand(rig.engine, live?.id ?? '', person)).rejects.toThrow('cancel it first');
    await expect(undoByHand(rig.engine, 'none-1', person)).rejects.toThrow('there is no run none-1');
    await rig.untilEnded();
    await expect(undoByHand(rig.engine, live?.id ?? '', person)).rejects.toThrow('step ring (test.ring) cannot be taken back');
  });
});
