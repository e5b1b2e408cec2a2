import { describe, expect, it } from 'vitest';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const gone = '[{ remediation: scale, with: { name: gone, replicas: { atLeast: 4 } } }]';
const holding = `{ cooldown: 5m, holdWhile: [{ match: 'alertname="DatabaseDown"', scope: source }] }`;

function rigWith(guards: string, mode = 'auto'): PipelineRig {
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode, ladder: gone, guards })) });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: rig.world.workloads.get('gone')?.replicas === 4 ? 0 : 1 }];
  return rig;
}

describe('a run that cannot be planned', () => {
  it.each(['auto', 'approve'])('waits for what its rule holds for, and is planned once that is over: %s', async (mode) => {
    const rig = rigWith(holding, mode);
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    const { waiting } = await rig.untilPhase('waiting');
    expect(waiting?.guard).toBe('holdWhile');
    await rig.clock.advance(300_000);
    expect([(await rig.newest()).phase, rig.paged, rig.effects]).toEqual(['waiting', [], []]);
    rig.world.add('gone', 1);
    rig.sources.note([{ fingerprint: 'd1', status: 'resolved' }]);
    const { phase } = mode === 'auto' ? await rig.untilEnded() : await rig.untilPhase('awaiting-approval');
    expect([phase, rig.effects]).toEqual(mode === 'auto' ? ['succeeded', ['scaled gone to 4']] : ['awaiting-approval', []]);
  });

  it('has failed, and a person is called, where nothing is left to wait for', async () => {
    const rig = rigWith(holding);
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('waiting');
    rig.sources.note([{ fingerprint: 'd1', status: 'resolved' }]);
    const run = await rig.untilEnded();
    expect([run.phase, rig.paged.length, rig.effects]).toEqual(['failed', 1, []]);
  });

  it('is superseded where its alert is over', async () => {
    const rig = rigWith('{ cooldown: 5m }');
    await rig.send([{ fingerprint: 'a1' }], { isKnownToSource: false });
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.paged]).toEqual(['superseded', 'stillFiring: its source no longer has it firing', []]);
  });

  it('has failed, and a person is called, where nobody can say whether its alert is over', async () => {
    const rig = rigWith('{ cooldown: 5m }');
    rig.sources.isAway = true;
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, rig.paged.length]).toEqual(['failed', 1]);
  });

  it('is not asked about where its rule only plans', async () => {
    const rig = rigWith(holding, 'plan');
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded()).phase).toBe('failed');
  });
});
