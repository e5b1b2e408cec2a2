import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const byStage = (staging: string, otherwise: string) =>
  rulesFile(slowRule({ mode: `{ 'stage="staging"': ${staging}, otherwise: ${otherwise} }` }));
const staging = { stage: 'staging' };
const production = { stage: 'production' };

describe('a mode by labels', () => {
  it('acts by itself where it may', async () => {
    const rig = new PipelineRig({ rules: byStage('auto', 'approve') });
    await rig.send([{ fingerprint: 'a1', labels: staging }]);
    const run = await rig.untilEnded();
    expect([run.mode, run.phase, rig.world.replicas('web')]).toEqual(['auto', 'succeeded', 4]);
  });

  it('asks a person elsewhere, and acts on their yes', async () => {
    const rig = new PipelineRig({ rules: byStage('auto', 'approve') });
    await rig.send([{ fingerprint: 'a1', labels: production }]);
    const { id, mode } = await rig.untilPhase('awaiting-approval');
    expect([mode, rig.effects]).toEqual(['approve', []]);
    await actOnRun(rig.engine, id, { kind: 'approve', by: 'ann', reason: 'as agreed' });
    expect([(await rig.untilEnded()).phase, rig.world.replicas('web')]).toEqual(['succeeded', 4]);
  });

  it('only plans, or only watches, where that is all', async () => {
    for (const [otherwise, phase] of [
      ['plan', 'planned'],
      ['observe', 'observed'],
    ] as const) {
      const rig = new PipelineRig({ rules: byStage('auto', otherwise) });
      await rig.send([{ fingerprint: 'a1', labels: production }]);
      expect((await rig.untilEnded()).phase).toBe(phase);
      await rig.clock.advance(3_600_000);
      expect([(await rig.runs()).length, rig.effects]).toEqual([1, []]);
    }
  });

  it('is the strictest of all alerts of the incident', async () => {
    const rig = new PipelineRig({ rules: byStage('auto', 'approve') });
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1', labels: staging }]);
    await rig.untilPhase('waiting');
    await rig.send([{ fingerprint: 'a2', labels: production }]);
    await rig.store.removePause('p1', 'ann');
    await rig.untilPhase('awaiting-approval');
    expect(rig.effects).toEqual([]);
  });

  it('is for an alert that joined what the rule had for it when the run began, if that was stricter', async () => {
    const rig = new PipelineRig({ rules: byStage('auto', 'approve') });
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1', labels: staging }]);
    await rig.untilPhase('waiting');
    rig.load(byStage('auto', 'auto'));
    await rig.send([{ fingerprint: 'a2', labels: production }]);
    await rig.store.removePause('p1', 'ann');
    await rig.untilPhase('awaiting-approval');
    expect(rig.effects).toEqual([]);
  });

  it('made stricter meanwhile counts for runs that exist, made laxer it does not', async () => {
    // Somewhere else it may still act by itself.
    const elsewhere = rulesFile(slowRule({ mode: `{ 'stage="staging"': approve, 'stage="lab"': auto, otherwise: approve }` }));
    for (const [before, after] of [
      [byStage('auto', 'approve'), elsewhere],
      [byStage('approve', 'approve'), byStage('auto', 'approve')],
    ] as const) {
      const rig = new PipelineRig({ rules: before });
      await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
      await rig.send([{ fingerprint: 'a1', labels: staging }]);
      await rig.untilPhase('waiting');
      rig.load(after);
      await rig.store.removePause('p1', 'ann');
      await rig.untilPhase('awaiting-approval');
      expect(rig.effects).toEqual([]);
    }
  });
});
