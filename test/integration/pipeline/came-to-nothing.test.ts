import { describe, expect, it } from 'vitest';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

describe('an attempt that came to nothing', () => {
  it('is made again only when something has changed, and then acts', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ cooldown: 5m, attempts: 3 }' })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(12 * 60 * minute);
    const known = async () => (await rig.runs()).toReversed().map(({ phase, charged }) => [phase, charged]);
    expect(await known()).toEqual([
      ['failed', true],
      ['failed', false],
    ]);
    expect(rig.paged).toHaveLength(1);
    rig.world.set('web', 2);
    await rig.clock.advance(70 * minute);
    expect((await known())[2]).toEqual(['failed', true]);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 4']);
  });

  it('where nothing could be planned is made again when a rung can be, also a later one', async () => {
    const ladder = ['gone', 'later'].map((name) => `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: 4 } } }`).join(', ');
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${ladder}]` })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(12 * 60 * minute);
    expect((await rig.runs()).map(({ phase }) => phase)).toEqual(['failed']);
    rig.world.add('later', 2);
    await rig.clock.advance(70 * minute);
    expect(rig.effects).toEqual(['scaled later to 4']);
  });

  it('where nothing was to be changed is not made again for parameters that differ and change nothing either', async () => {
    const ladder = "[{ remediation: scale, with: { name: web, replicas: { atLeast: '${int(values.wanted)}' } } }]";
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder, more: 'values: { wanted: { promql: wanted } }' })) });
    let asked = 0;
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 + (asked++ % 2) }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(5 * 60 * minute);
    expect((await rig.runs()).map(({ reason }) => reason)).toEqual(['nothing to change in any rung of the ladder']);
    expect(asked).toBeGreaterThan(3);
  });

  it('is made again for a later rung also where an earlier one cannot be planned any more', async () => {
    const ladder = ['web', 'db'].map((name) => `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: 2 } } }`).join(', ');
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder: `[${ladder}]` })) });
    rig.world.set('db', 2);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('failed');
    rig.world.workloads.delete('web');
    rig.world.set('db', 1);
    await rig.clock.advance(70 * minute);
    expect(rig.effects).toEqual(['scaled db to 2']);
  });

  it('of a rule all of whose rungs only plan is not made again as long as the plan is the same', async () => {
    const ladder = '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }, mode: plan }]';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(5 * 60 * minute);
    expect((await rig.runs()).map(({ phase }) => phase)).toEqual(['planned']);
    rig.world.set('web', 3);
    await rig.clock.advance(70 * minute);
    expect((await rig.runs()).map(({ phase }) => phase)).toEqual(['planned', 'planned']);
  });
});
