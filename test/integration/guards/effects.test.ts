import { describe, expect, it } from 'vitest';
import { parseRate } from '../../../src/value/rate.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

function rigWith(ladder: string, global: string): PipelineRig {
  const rate = parseRate(global);
  if (rate === undefined) throw new Error(`${global} is no rate`);
  return new PipelineRig({ rules: rulesFile(slowRule({ guards: '{}', ladder })), limits: { rate: { global: [rate] } } });
}

describe('a global rate', () => {
  it('counts two changes of one target as two', async () => {
    const rig = rigWith('[{ remediation: scale-twice }]', '1/1h');
    await rig.send([{ fingerprint: 'a1' }]);
    expect(await rig.untilEnded()).toMatchObject({ phase: 'denied', reason: expect.stringContaining('rate: ') as string });
    expect(rig.effects).toEqual([]);
  });

  it('counts what waits between two changes as none', async () => {
    const rig = rigWith('[{ remediation: wait-between }]', '2/1h');
    rig.world.set('web', 3);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 2']);
  });

  it('counts no undo', async () => {
    const rig = rigWith(
      '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }, undo: { when: resolved, after: 1m } }]',
      '1/1d',
    );
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(async () => (await rig.runs()).some(({ kind, phase }) => kind === 'undo' && phase === 'succeeded'), 3_600_000);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 2']);
  });
});
