import { describe, expect, it } from 'vitest';
import { replay } from '../../../src/pipeline/replay.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

describe('a replay', () => {
  const source = () => ({ name: 'main', labelsFor: () => ({}) });

  it('plans only, unless it is real; guards apply', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    const first = await rig.untilEnded();
    rig.world.set('web', 2);
    const planned = await replay(rig.engine, source, { run: first.id, mode: 'plan', by: 'ann' });
    await rig.untilEnded();
    expect((await rig.store.run(planned.runs[0] ?? ''))?.run.phase).toBe('planned');
    const real = await replay(rig.engine, source, { run: first.id, mode: 'real', by: 'ann' });
    await rig.untilEnded();
    const run = (await rig.store.run(real.runs[0] ?? ''))?.run;
    expect([run?.phase, run?.reason.startsWith('cooldown: '), rig.effects.length]).toEqual(['denied', true, 1]);
  });

  it('is no evidence that the alert fires', async () => {
    const rig = new PipelineRig({ evidence: 'receipt' });
    await rig.send([{ fingerprint: 'a1' }]);
    const first = await rig.untilEnded();
    await rig.clock.advance(1_000_000);
    rig.world.set('web', 2);
    const { runs } = await replay(rig.engine, source, { run: first.id, mode: 'real', by: 'ann' });
    await rig.untilEnded();
    const run = (await rig.store.run(runs[0] ?? ''))?.run;
    expect([run?.phase, run?.reason]).toEqual(['denied', expect.stringContaining('a replay is no evidence') as string]);
  });
});
