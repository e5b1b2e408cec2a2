import { describe, expect, it } from 'vitest';
import { enterPhase } from '../../../src/run/transition.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const rival = slowRule({
  name: 'rival',
  guards: '{}',
  ladder: '[{ remediation: scale, with: { name: web, replicas: { atLeast: 6 } } }]',
}).replace('alertname="Slow"', 'alertname="Rival"');

describe('a target that a run has left locked, for its worker died right after the end', () => {
  it('is free for who waits for it already', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule(), rival), timing: { targetCooldown: 0 } });
    const { release } = rig.ledger;
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('verifying');
    await rig.send([{ fingerprint: 'b1', labels: { alertname: 'Rival' } }]);
    await rig.until(async () => (await rig.runs()).some(({ waiting }) => waiting?.guard === 'targetLock'));
    rig.ledger.release = () => Promise.resolve();
    await rig.untilPhase('succeeded');
    rig.ledger.release = release;
    const endedAt = rig.clock.now();
    await rig.until(() => rig.effects.length === 2, 20_000);
    expect([rig.effects, rig.clock.now() - endedAt < 10_000]).toEqual([['scaled web to 4', 'scaled web to 6'], true]);
  });

  it('stays locked where nobody knows what was done', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule(), rival), timing: { targetCooldown: 0 } });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('verifying');
    const [run] = await rig.runs();
    const claim = await rig.store.claim(run?.id ?? '', 'test', 1000);
    if (claim.outcome !== 'claimed') throw new Error(`not claimed: ${claim.outcome}`);
    const interrupted = enterPhase(claim.stored.run, 'interrupted', { reason: 'nobody knows', at: claim.time });
    await rig.store.commit({ run: interrupted, fence: claim.fence, entries: [] });
    await rig.send([{ fingerprint: 'b1', labels: { alertname: 'Rival' } }]);
    await rig.clock.advance(20_000);
    expect((await rig.runs()).find(({ rule }) => rule === 'rival')?.waiting?.guard).toBe('targetLock');
  });
});
