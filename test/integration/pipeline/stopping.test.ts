import { describe, expect, it } from 'vitest';
import { execute } from '../../../src/pipeline/execute.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';

const ring = {
  ladder: '[{ remediation: ring }]',
  verify: "{ within: 3m, checks: [{ promql: { query: slowness, expect: 'value < 2.0', window: 15s } }] }",
};

describe('a process that is to stop', () => {
  it('brings the step in hand to its end, hands the run back, and another goes on without waiting for the lease', async () => {
    const stopping = new AbortController();
    const rig = new PipelineRig({ rules: rulesFile(slowRule(ring)), engine: { stopping: stopping.signal } });
    let isStopped = false;
    rig.world.onRequest = () => {
      stopping.abort();
      isStopped = true;
      return Promise.resolve();
    };
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(() => isStopped);
    await rig.clock.advance(0);
    const run = await rig.newest();
    expect([run.phase, run.rungs[0]?.steps[0]?.state, rig.effects]).toEqual(['applying', 'applied', ['created bell']]);
    const claim = await rig.store.claim(run.id, 'another', 1000);
    expect(claim.outcome).toBe('claimed');
  });

  it('takes nothing further, and what it had not begun is done elsewhere', async () => {
    const stopping = new AbortController();
    stopping.abort();
    const rig = new PipelineRig({ engine: { stopping: stopping.signal } });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(3000);
    expect(rig.effects).toEqual([]);
    const [run] = await rig.runs();
    await execute({ ...rig.engine, stopping: new AbortController().signal }, { run: run?.id ?? '' });
    expect(rig.effects).toEqual(['scaled web to 4']);
  });
});

describe('a run that is given up while a guard is asked', () => {
  it('is left as it was: the guard was kept from answering, it did not deny', async () => {
    const given = new AbortController();
    const rig = new PipelineRig();
    rig.dispatches.addAll = () => Promise.resolve();
    await rig.send([{ fingerprint: 'a1' }]);
    const { id } = await rig.newest();
    const evidence = {
      ...rig.sources.evidence,
      standing: () => {
        given.abort();
        return new Promise<never>(() => {});
      },
    };
    await execute({ ...rig.engine, evidence }, { run: id }, given.signal);
    const { phase, decisions } = await rig.newest();
    expect([phase, decisions, rig.effects, rig.errors]).toEqual(['queued', [], [], []]);
  });
});

describe('an alert that ends between two steps', () => {
  it('keeps the second from being done; the first is verified', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]' })) });
    rig.world.onEffect = () => rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects, run.rungs[0]?.steps.map(({ state }) => state)]).toEqual([
      'succeeded',
      ['scaled web to 4'],
      ['settled', 'skipped'],
    ]);
    expect(run.decisions.at(-1)).toMatchObject({ guard: 'stillFiring', decision: 'supersede' });
  });
});
