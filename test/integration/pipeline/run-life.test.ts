import { describe, expect, it } from 'vitest';
import { PipelineRig } from '../../support/pipeline-rig.ts';

describe('a run that helps', () => {
  it('goes from matched to succeeded, writing each step before and after its effect', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects, rig.errors]).toEqual(['succeeded', ['scaled web to 4'], []]);
    const [effect] = rig.world.effects;
    expect(effect?.journal).toEqual(['incident-opened', 'run-created', 'planned', 'intent', 'phase-changed']);
    const after = (await rig.journalTypes()).slice(effect?.journal.length);
    expect(after).toEqual(['step-applied', 'phase-changed', 'step-settled', 'phase-changed', 'verdict', 'verdict', 'phase-changed']);
    expect(run.charged).toBe(true);
    expect(run.decisions.map(({ guard }) => guard)).toEqual(rig.engine.guards.map(({ name }) => name));
    expect(run.decisions.every(({ reason }) => reason !== '')).toBe(true);
  });
});
