import { describe, expect, it } from 'vitest';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { Mortality } from '../../support/pipeline/mortality.ts';

const ladder = '[{ remediation: wait-between }]';

async function sent(options: ConstructorParameters<typeof PipelineRig>[0] = {}): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })), ...options });
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

describe('steps that wait', () => {
  it('hold the steps after them back, each until it has settled, and hold no worker', async () => {
    const rig = await sent();
    const startedAt = rig.clock.now();
    let felt = false;
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: felt ? 0 : 1 }];
    await rig.until(() => rig.effects.length === 1);
    expect(rig.effects).toEqual(['scaled web to 4']);
    expect(rig.clock.now() - startedAt).toBeGreaterThanOrEqual(20_000);
    await rig.untilPhase('settling');
    // What is held back is not marked as begun: whoever took the run over would have to find out whether it was.
    expect((await rig.newest()).rungs[0]?.steps.map(({ id, state }) => [id, state])).toContainEqual(['db', 'planned']);
    const scaledAt = rig.clock.now();
    await rig.until(() => rig.clock.now() >= scaledAt + 60_000);
    expect(rig.effects).toEqual(['scaled web to 4']);
    const [waiting] = await rig.runs();
    expect([waiting?.phase, waiting?.reason]).toEqual(['settling', 'all: output.value < 1 does not hold yet']);
    felt = true;
    const run = await rig.untilEnded();
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 2']);
    expect([run.phase, rig.errors]).toEqual(['succeeded', []]);
    expect(run.rungs[0]?.steps.map(({ id, state }) => [id, state])).toEqual([
      ['room', 'settled'],
      ['pause', 'settled'],
      ['web', 'settled'],
      ['all', 'settled'],
      ['db', 'settled'],
    ]);
    expect(run.rungs[0]?.steps[3]?.output).toMatchObject({ value: 0 });
  });

  it('nothing more is done when the alert ends meanwhile', async () => {
    const rig = await sent();
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.until(() => rig.effects.length === 1);
    const scaledAt = rig.clock.now();
    await rig.until(() => rig.clock.now() >= scaledAt + 10_000);
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0 }];
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    const run = await rig.untilEnded();
    expect(rig.effects).toEqual(['scaled web to 4']);
    expect(run.rungs[0]?.steps.find(({ id }) => id === 'db')?.state).toBe('skipped');
  });

  it('the rung fails when what is waited for does not come in time', async () => {
    const rig = await sent();
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    const run = await rig.untilEnded(3_600_000);
    expect(rig.effects).toEqual(['scaled web to 4']);
    expect(run.phase).toBe('failed');
    expect(run.reason).toContain('did not take effect in time: all: output.value < 1 does not hold yet');
  });

  it.each(Array.from({ length: 60 }, (_call, index) => index + 1))(
    'killed at call %i, another worker goes on, and each step is done once',
    async (call) => {
      const mortality = new Mortality(call, call % 2 === 0 ? 'killed-before' : 'killed-after');
      const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })), mortality });
      rig.engineForIntake = rig.addWorker();
      await rig.send([{ fingerprint: 'a1' }]);
      const run = await rig.untilEnded();
      expect([run.phase, rig.effects]).toEqual(['succeeded', ['scaled web to 4', 'scaled db to 2']]);
    },
  );
});

describe('flow.assert', () => {
  it('fails the rung before anything is done, and the next one is tried', async () => {
    const rungs =
      '[{ remediation: wait-between, with: { room: false } }, { remediation: scale, with: { name: web, replicas: { atLeast: 4 } } }]';
    const rig = await sent({ rules: rulesFile(slowRule({ ladder: rungs })) });
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects]).toEqual(['succeeded', ['scaled web to 4']]);
    expect(run.rungs[0]).toMatchObject({ state: 'failed', reason: expect.stringContaining('there is no room for more') as string });
  });
});
