import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { execute } from '../../../src/pipeline/execute.ts';
import { runVersion, type Run } from '../../../src/run/run.ts';
import { Mortality } from '../../support/pipeline/mortality.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;
const person = { by: 'ann', reason: 'as agreed' };
const pause = { id: 'p', scope: { kind: 'rule', name: 'slow' }, reason: 'freeze', by: 'ann' } as const;
const quick = (limit: number) =>
  `{ within: 3m, checks: [{ promql: { query: slowness, expect: 'value < ${limit}.0', window: 15s, for: 30s } }] }`;
const scale = (name: string, count: number, more = '') =>
  `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: ${count} } }${more} }`;
const resolved = ', undo: { when: resolved, after: 30m }';

async function undos(rig: PipelineRig): Promise<readonly Run[]> {
  return (await rig.runs()).filter(({ kind }) => kind === 'undo');
}

async function main(rig: PipelineRig): Promise<Run | undefined> {
  return (await rig.runs()).find(({ kind }) => kind === 'remediation');
}

describe('a run that is half done and held by a pause', () => {
  it('says that the outcome is unknown of what cannot be repeated, at once and whatever follows', async () => {
    const ring = { ladder: '[{ remediation: ring }]', verify: quick(2) };
    // The first worker dies when its ring has been heard and nothing is written of it.
    const dead = new Mortality();
    const rig = new PipelineRig({ rules: rulesFile(slowRule(ring)), mortality: dead });
    rig.engineForIntake = rig.addWorker();
    rig.world.onEffect = () => {
      dead.isStopped = true;
      return new Promise<never>(() => {});
    };
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(() => rig.effects.length === 1);
    await rig.store.addPause(pause);
    dead.onStop();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(async () => (await main(rig))?.finishedAt !== undefined, 5 * minute);
    expect([(await main(rig))?.phase, rig.effects]).toEqual(['interrupted', ['created bell']]);
    await rig.clock.advance(5000);
    expect(rig.paged.map(({ key }) => key)).toEqual([`interrupted/${(await main(rig))?.id}`]);
  });

  it('verifies what has been done when the alert has gone by the time the pause is lifted', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]' })) });
    rig.world.onEffect = async () => {
      if (rig.effects.length === 1) await rig.store.addPause(pause);
    };
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('waiting');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.clock.advance(minute);
    await rig.store.removePause('p', 'ann');
    await rig.until(async () => (await main(rig))?.finishedAt !== undefined, 10 * minute);
    const run = await main(rig);
    expect([run?.phase, rig.effects, run?.rungs[0]?.steps.map(({ state }) => state)]).toEqual([
      'succeeded',
      ['scaled web to 4'],
      ['settled', 'skipped'],
    ]);
  });
});

describe('an undo whose quiet time is over', () => {
  /** A run that helped and whose incident is over, with its undo held by a pause beyond the quiet time. */
  async function heldUp(ladder = `[${scale('web', 4, resolved)}]`): Promise<PipelineRig> {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.store.addPause(pause);
    await rig.clock.advance(50 * minute);
    expect((await undos(rig)).map(({ waiting }) => waiting?.guard)).toEqual(['paused']);
    return rig;
  }

  it('takes nothing back when the incident has opened again while a pause held it', async () => {
    const rig = await heldUp();
    await rig.send([{ fingerprint: 'a1', startsAt: rig.clock.now() }]);
    await rig.clock.advance(minute);
    await rig.store.removePause('p', 'ann');
    await rig.clock.advance(10 * minute);
    const [undo] = await undos(rig);
    expect([rig.effects, undo?.phase, undo?.waiting?.guard, undo?.reason]).toEqual([
      ['scaled web to 4'],
      'waiting',
      'resolved',
      expect.stringContaining('postponed'),
    ]);
  });

  it('waits as long as a pause lasts, and is done then', async () => {
    const rig = await heldUp();
    await rig.clock.advance(180 * minute);
    await rig.store.removePause('p', 'ann');
    await rig.until(async () => (await undos(rig)).every(({ phase }) => phase === 'succeeded'), 10 * minute);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 2']);
  });

  it('comes after the undo of a later change, also when that one is held up', async () => {
    const rig = new PipelineRig({
      rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both, undo: { when: resolved, after: 30m } }]', verify: quick(5) })),
    });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.clock.advance(10 * minute);
    rig.load(rulesFile(slowRule({ ladder: `[${scale('web', 6, resolved)}]`, verify: quick(5) })));
    await rig.send([{ fingerprint: 'a1', startsAt: rig.clock.now() }]);
    await rig.until(async () => (await rig.runs()).filter(({ phase }) => phase === 'succeeded').length === 2);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.store.addPause(pause);
    await rig.clock.advance(50 * minute);
    await rig.store.removePause('p', 'ann');
    await rig.until(async () => (await undos(rig)).every(({ finishedAt }) => finishedAt !== undefined), 60 * minute);
    expect([rig.world.replicas('web'), rig.world.replicas('db')]).toEqual([2, 1]);
  });

  it('that takes over the change of another rule waits for that one, too', async () => {
    const other = slowRule({ name: 'other', ladder: `[${scale('web', 6, resolved)}]`, verify: quick(5) }).replace('"Slow"', '"Other"');
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${scale('web', 4, resolved)}]`, verify: quick(5) }), other) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    await rig.clock.advance(minute);
    await rig.send([{ fingerprint: 'b1', labels: { alertname: 'Other' } }]);
    await rig.until(() => rig.effects.length === 2);
    await rig.until(async () => (await rig.runs()).filter(({ phase }) => phase === 'succeeded').length === 2);
    await rig.send([{ fingerprint: 'b1', labels: { alertname: 'Other' }, status: 'resolved' }]);
    await rig.clock.advance(60 * minute);
    expect(rig.effects.filter((effect) => effect.startsWith('scaled web'))).toEqual(['scaled web to 4', 'scaled web to 6']);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(() => rig.world.replicas('web') === 2, 120 * minute);
  });
});

describe('a person', () => {
  it('who acknowledges while the next attempt is under way is called when that fails', async () => {
    const rig = new PipelineRig({
      rules: rulesFile(slowRule({ guards: '{ cooldown: 1m, attempts: 3 }', verify: quick(0), ladder: '[{ remediation: scale-both }]' })),
    });
    rig.world.onEffect = () => Promise.resolve(rig.world.set('web', 2));
    await rig.send([{ fingerprint: 'a1' }]);
    const first = await rig.untilPhase('failed', 30 * minute);
    await rig.clock.advance(5000);
    expect(rig.paged).toHaveLength(1);
    rig.world.onRequest = async () => {
      rig.world.onRequest = () => Promise.resolve();
      await actOnRun(rig.engine, first.id, { kind: 'acknowledge', ...person });
    };
    await rig.until(async () => (await rig.runs()).filter(({ phase }) => phase === 'failed').length === 2, 60 * minute);
    await rig.clock.advance(5000);
    expect(rig.paged).toHaveLength(2);
  });

  it('cannot answer a question whose time is over', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'approve', guards: '{ approval: { expires: 15m } }' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilPhase('awaiting-approval');
    const { claim } = rig.store;
    rig.store.claim = () => Promise.resolve({ outcome: 'missing' });
    await rig.clock.advance(16 * minute);
    await expect(actOnRun(rig.engine, run.id, { kind: 'approve', ...person })).rejects.toThrow('has expired');
    const late = { kind: 'approve', ...person, at: rig.clock.now(), plan: run.approval?.plan ?? '' } as const;
    await rig.store.signal(run.id, late);
    rig.store.claim = claim;
    await execute(rig.engine, { run: run.id });
    expect([(await rig.store.run(run.id))?.run.phase, rig.effects]).toEqual(['expired', []]);
  });
});

describe('what else was found in a review', () => {
  it('a record that an older version made is marked as what it has become', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'approve' })) });
    rig.dispatches.addAll = () => Promise.resolve();
    await rig.send([{ fingerprint: 'a1' }]);
    const [run] = await rig.runs();
    const claim = await rig.store.claim(run?.id ?? '', 'old', 1000);
    if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
    await rig.store.commit({ run: { ...claim.stored.run, version: 1 }, fence: claim.fence, entries: [], release: { wakeAt: 0 } });
    await execute(rig.engine, { run: run?.id ?? '' });
    expect((await rig.store.run(run?.id ?? ''))?.run.version).toBe(runVersion);
  });

  it('a stop begins no further step of the rung', async () => {
    const stopping = new AbortController();
    const rig = new PipelineRig({
      rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]' })),
      engine: { stopping: stopping.signal },
    });
    rig.world.onRequest = () => Promise.resolve(stopping.abort());
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(() => rig.effects.length === 1);
    await rig.clock.advance(0);
    const run = await main(rig);
    expect([rig.effects, run?.rungs[0]?.steps.map(({ state }) => state)]).toEqual([['scaled web to 4'], ['applied', 'planned']]);
  });

  it('a member refused as ambiguous is not taken in at every look at its source', async () => {
    const rig = new PipelineRig({ receivers: ['fixpoint'] });
    rig.load(rulesFile(slowRule({ ladder: "[{ remediation: scale, with: { name: '${labels.app}', replicas: { atLeast: 4 } } }]" })));
    await rig.send([
      { fingerprint: 'a1', labels: { app: 'web' } },
      { fingerprint: 'a2', labels: { app: 'db' } },
    ]);
    await rig.clock.advance(40 * minute);
    expect((await rig.store.notifications(100)).length).toBe(1);
  });

  it('a source that has just been started ends nothing by what it does not list yet', async () => {
    const rig = new PipelineRig();
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    const [run] = await rig.runs();
    rig.sources.alerts.clear();
    rig.sources.upSince = rig.clock.now();
    await rig.clock.advance(4 * minute);
    expect(await rig.store.incident(run?.incident ?? '')).toMatchObject({ firing: 1, state: 'open' });
    await rig.clock.advance(2 * minute);
    expect(await rig.store.incident(run?.incident ?? '')).toMatchObject({ firing: 0 });
  });

  it('a silence is no success that did not last', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    rig.sources.silenced.add('a1');
    await rig.clock.advance(60 * minute);
    expect(await rig.journalTypes()).not.toContain('recurred');
  });

  it('an incident about which nothing can be done is tried more and more rarely', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{}' })) });
    rig.world.workloads.delete('web');
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(6 * 60 * minute);
    expect((await rig.runs()).length).toBeLessThan(15);
  });
});
