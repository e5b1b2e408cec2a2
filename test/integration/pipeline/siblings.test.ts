import { describe, expect, it } from 'vitest';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const scaleWeb = (count: number) => `[{ remediation: scale, with: { name: web, replicas: { atLeast: ${count} } } }]`;
const first = slowRule({ name: 'first', ladder: scaleWeb(3), more: 'continue: true' });
const second = slowRule({ name: 'second', ladder: scaleWeb(5), more: 'continue: true' });
const third = slowRule({ name: 'third', ladder: scaleWeb(7) });

/** Each rule helps as far as its own check can see. */
function rigOf(...rules: readonly string[]): PipelineRig {
  const rig = new PipelineRig({ rules: rulesFile(...rules) });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0 }];
  return rig;
}

describe('rules that handle the same alert and subject', () => {
  it('go one after the other in their order, and their target cooldown does not stand between them', async () => {
    const rig = rigOf(first, second, third);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(5000);
    const phases = Object.fromEntries((await rig.runs()).map(({ rule, phase, waiting }) => [rule, waiting?.guard ?? phase]));
    expect(phases).toEqual({ first: 'verifying', second: 'siblings', third: 'siblings' });
    await rig.untilEnded();
    const runs = (await rig.runs()).toSorted((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0));
    expect(runs.map(({ rule, phase }) => [rule, phase])).toEqual([
      ['first', 'succeeded'],
      ['second', 'succeeded'],
      ['third', 'succeeded'],
    ]);
    expect(rig.effects).toEqual(['scaled web to 3', 'scaled web to 5', 'scaled web to 7']);
    // The next begins when the one before has ended, not at its next look.
    for (const [index, run] of runs.entries()) {
      if (index > 0) expect((run.rungs[0]?.startedAt ?? 0) - (runs[index - 1]?.finishedAt ?? 0)).toBeLessThan(1000);
    }
  });

  it('do not wait for each other where their subjects differ', async () => {
    const other = second.replace('deployment.apps/web', 'deployment.apps/db').replace('name: web', 'name: db');
    const rig = rigOf(first, other);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(1000);
    expect(rig.effects.toSorted()).toEqual(['scaled db to 5', 'scaled web to 3']);
  });

  it('leave the cooldown of the target to everybody else', async () => {
    const stranger = slowRule({ name: 'stranger', ladder: scaleWeb(9), guards: '{}' }).replace('alertname="Slow"', 'alertname="Other"');
    const rig = rigOf(first, second, stranger);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    await rig.send([{ fingerprint: 'b1', labels: { alertname: 'Other' } }]);
    await rig.clock.advance(3000);
    const run = (await rig.runs()).find(({ rule }) => rule === 'stranger');
    expect([run?.phase, run?.reason]).toEqual(['denied', expect.stringContaining('cooldown')]);
  });

  it('that come later do nothing once the one before has ended the alert', async () => {
    const rig = rigOf(first, second);
    rig.world.onEffect = () => rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    const phases = Object.fromEntries((await rig.runs()).map(({ rule, phase }) => [rule, phase]));
    expect([phases, rig.effects]).toEqual([{ first: 'succeeded', second: 'superseded' }, ['scaled web to 3']]);
  });
});
