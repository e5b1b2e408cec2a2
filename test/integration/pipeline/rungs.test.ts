import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const web = (more = '') => `{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }${more} }`;
const db = (more = '') => `{ remediation: scale, with: { name: db, replicas: { atLeast: 3 } }${more} }`;

function rigWith(ladder: string): PipelineRig {
  return new PipelineRig({ rules: rulesFile(slowRule({ ladder, guards: '{ cooldown: 5m, attempts: 1 }' })) });
}

describe('a rung with a mode of its own', () => {
  it('asks before it, and not before the others', async () => {
    const rig = rigWith(`[${web()}, ${db(', mode: approve')}]`);
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    const { id } = await rig.untilPhase('awaiting-approval');
    expect(rig.effects).toEqual(['scaled web to 4']);
    await actOnRun(rig.engine, id, { kind: 'approve', by: 'ann', reason: 'fine' });
    await rig.untilEnded(1_200_000);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 3']);
  });

  it('is only planned, and the next one acts', async () => {
    const rig = rigWith(`[${web(', mode: plan')}, ${db()}]`);
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0.5 }];
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.rungs.map(({ state }) => state), rig.effects]).toEqual([
      'succeeded',
      ['planned', 'succeeded'],
      ['scaled db to 3'],
    ]);
  });

  it('that is only planned fixes nothing: where the others have nothing to change, a person is called', async () => {
    const rig = rigWith(`[${web(', mode: plan')}, ${db()}]`);
    rig.world.set('db', 3);
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects, rig.paged.length]).toEqual(['failed', [], 1]);
    expect(run.reason).toBe('nothing to change in the rungs that may act; scale is only planned');
  });

  it('that every rung is in plans, whatever the rule says', async () => {
    const rig = rigWith(`[${web(', mode: plan')}, ${db(', mode: plan')}]`);
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.effects, rig.paged]).toEqual(['planned', 'planned, not applied: mode plan', [], []]);
  });
});

describe('a rung that cannot be planned while nothing has been done', () => {
  it('leaves a rule that only plans with the plans of the others', async () => {
    const gone = '{ remediation: scale, with: { name: gone, replicas: { atLeast: 4 } } }';
    const rig = new PipelineRig({
      rules: rulesFile(slowRule({ mode: 'plan', ladder: `[${web()}, ${gone}]`, guards: '{ cooldown: 5m }' })),
    });
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.rungs.map(({ state }) => state), rig.effects, rig.paged]).toEqual(['planned', ['planned', 'failed'], [], []]);
    expect(run.reason).toContain('planned, not applied: mode plan; scale cannot be planned now: ');
  });
});

describe('a rung with times of its own', () => {
  it('takes effect within its timeout', async () => {
    const rig = rigWith(`[${web(', timeout: 40s')}, ${db()}]`);
    const slow = rig.world.workloads.get('web');
    if (slow !== undefined) slow.settles = false;
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(30_000);
    expect(rig.effects).toEqual(['scaled web to 4']);
    await rig.clock.advance(60_000);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 3']);
  });

  it('is verified by its own word', async () => {
    const rig = rigWith(`[${web(', verify: { within: 1m }')}, ${db()}]`);
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(50_000);
    expect(rig.effects).toEqual(['scaled web to 4']);
    await rig.clock.advance(60_000);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 3']);
  });
});
