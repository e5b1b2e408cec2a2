import { describe, expect, it } from 'vitest';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

describe('a rule that only plans', () => {
  it('makes one planned run of an incident, whatever comes, as long as the plan is the same', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'plan' })) });
    for (let count = 0; count < 12; count += 1) {
      await rig.send([{ fingerprint: 'a1', startsAt: 1_000_000 }]);
      await rig.clock.advance(5 * minute);
    }
    expect((await rig.runs()).map(({ phase, attempt }) => [phase, attempt])).toEqual([['planned', 1]]);
    expect(rig.effects).toEqual([]);
  });

  it('plans anew when the plan would be another', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'plan' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(11 * minute);
    rig.world.set('web', 3);
    await rig.clock.advance(11 * minute);
    const runs = await rig.runs();
    expect(runs.map(({ phase, attempt, rungs }) => [phase, attempt, rungs[0]?.steps[0]?.changes[0]?.from])).toEqual([
      ['planned', 2, 3],
      ['planned', 1, 2],
    ]);
    await rig.clock.advance(60 * minute);
    expect((await rig.runs()).length).toBe(2);
  });

  it('plans anew when the rule has changed, and waits where it cannot plan', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'plan' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(minute);
    rig.world.workloads.delete('web');
    await rig.clock.advance(30 * minute);
    expect((await rig.runs()).length).toBe(1);
    rig.load(rulesFile(slowRule({ mode: 'plan', ladder: '[{ remediation: scale, with: { name: db, replicas: { atLeast: 4 } } }]' })));
    await rig.clock.advance(6 * minute);
    expect((await rig.runs()).map(({ phase, attempt }) => [phase, attempt])).toEqual([
      ['planned', 2],
      ['planned', 1],
    ]);
  });
});
