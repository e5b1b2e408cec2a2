import { describe, expect, it } from 'vitest';
import { enterPhase } from '../../../src/run/transition.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const rival = slowRule({
  name: 'rival',
  guards: '{}',
  ladder: '[{ remediation: scale, with: { name: web, replicas: { atLeast: 6 } } }]',
}).replace('alertname="Slow"', 'alertname="Rival"');

describe('what a run has left behind, for its worker died right after the end', () => {
  it('is free for who waits for the target already', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule(), rival), timing: { targetCooldown: 0 } });
    const { settle } = rig.ledger;
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('verifying');
    await rig.send([{ fingerprint: 'b1', labels: { alertname: 'Rival' } }]);
    await rig.until(async () => (await rig.runs()).some(({ waiting }) => waiting?.guard === 'targetLock'));
    rig.ledger.settle = () => Promise.resolve();
    await rig.untilPhase('succeeded');
    rig.ledger.settle = settle;
    const endedAt = rig.clock.now();
    await rig.until(() => rig.effects.length === 2, 20_000);
    expect([rig.effects, rig.clock.now() - endedAt < 10_000]).toEqual([['scaled web to 4', 'scaled web to 6'], true]);
  });

  it('is free for who waits for its place already', async () => {
    const rules = rulesFile(
      slowRule({
        guards: '{ concurrency: 1 }',
        ladder: "[{ remediation: scale, with: { name: '${labels.app}', replicas: { atLeast: 4 } } }]",
      })
        .replace('deployment.apps/web', 'deployment.apps/${labels.app}')
        .replace(/subject: (\S+)/, "subject: '$1'"),
    );
    const rig = new PipelineRig({ rules });
    for (const name of ['one', 'two']) rig.world.add(name, 2);
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0 }];
    const { settle } = rig.ledger;
    await rig.send([{ fingerprint: 'a1', labels: { app: 'one' } }]);
    await rig.untilPhase('verifying');
    await rig.send([{ fingerprint: 'b1', labels: { app: 'two' } }]);
    await rig.until(async () => (await rig.runs()).some(({ waiting }) => waiting?.guard === 'concurrency'));
    rig.ledger.settle = () => Promise.resolve();
    await rig.until(async () => (await rig.runs()).some(({ phase }) => phase === 'succeeded'));
    rig.ledger.settle = settle;
    const endedAt = rig.clock.now();
    await rig.until(() => rig.effects.length === 2, 60_000);
    expect([rig.effects, rig.clock.now() - endedAt < 10_000]).toEqual([['scaled one to 4', 'scaled two to 4'], true]);
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
