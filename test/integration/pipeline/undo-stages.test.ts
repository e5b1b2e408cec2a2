import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

/** An alert whose first rung scales one workload in two stages, does not help, and is taken back. */
async function inStages(): Promise<PipelineRig> {
  const ladder =
    '[{ remediation: scale-on, undo: { when: failed } }, { remediation: scale, with: { name: db, replicas: { atLeast: 3 } } }]';
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder, guards: '{ cooldown: 5m, attempts: 1 }' })) });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

describe('undo of one thing that was changed in stages', () => {
  it('comes in one, to where it was before the first', async () => {
    const rig = await inStages();
    await rig.until(() => rig.effects.length === 4, 60 * minute);
    expect(rig.effects).toEqual(['scaled web to 3', 'scaled web to 4', 'scaled web to 2', 'scaled db to 3']);
  });

  it('comes also where the last stage could not be applied', async () => {
    const rig = await inStages();
    rig.world.onEffect = () =>
      Promise.resolve(void (rig.effects.length === 1 && rig.world.failures.push(new FixpointError('kubernetes.forbidden', 'no'))));
    await rig.until(() => rig.effects.length === 3, 60 * minute);
    expect(rig.effects).toEqual(['scaled web to 3', 'scaled web to 2', 'scaled db to 3']);
  });

  it('leaves alone what somebody else has gone back to, once all stages were applied', async () => {
    const rig = await inStages();
    await rig.until(() => rig.effects.length === 2);
    rig.world.set('web', 3);
    await rig.until(() => rig.effects.length === 3, 60 * minute);
    expect([rig.effects, rig.world.replicas('web')]).toEqual([['scaled web to 3', 'scaled web to 4', 'scaled db to 3'], 3]);
  });
});
