import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const gone = '[{ remediation: scale, with: { name: gone, replicas: { atLeast: 4 } } }]';
const holding = `{ cooldown: 5m, holdWhile: [{ match: 'alertname="DatabaseDown"', scope: source }] }`;

const night = { night: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }] };
const minute = 60_000;

function rigWith(guards: string, mode = 'auto'): PipelineRig {
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode, ladder: gone, guards })), intervals: night });
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

  it.each([
    ['says so', (rig: PipelineRig) => rig.send([{ fingerprint: 'a1', status: 'resolved' }])],
    ['no longer has it', (rig: PipelineRig) => Promise.resolve(rig.sources.alerts.delete('a1'))],
  ])('is superseded while it waits when its alert is over and the source %s', async (_how, end) => {
    const rig = rigWith(holding);
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('waiting');
    await rig.clock.advance(10 * minute);
    await end(rig);
    const run = await rig.untilEnded(minute);
    expect([run.phase, rig.effects, rig.paged]).toEqual(['superseded', [], []]);
  });

  it('has the whole time of its rung again once that is over, to be planned in', async () => {
    const ladder = '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }, timeout: 1m }]';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder, guards: holding })) });
    rig.world.onRead = () => Promise.reject(new FixpointError('kubernetes.unavailable', 'away'));
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('waiting');
    rig.sources.note([{ fingerprint: 'd1', status: 'resolved' }]);
    await rig.untilPhase('planning');
    await rig.clock.advance(30_000);
    rig.world.onRead = () => Promise.resolve();
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['succeeded', ['scaled web to 4']]);
  });

  it('expires after its hour where that does not end, a person is called once, and the next attempt waits on', async () => {
    const rig = rigWith(holding);
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(59 * minute);
    expect([(await rig.newest()).phase, rig.paged]).toEqual(['waiting', []]);
    await rig.clock.advance(70 * minute);
    const phases = (await rig.runs()).map(({ phase }) => phase);
    expect([phases, rig.paged.map(({ reason }) => reason)]).toEqual([
      ['waiting', 'expired', 'expired'],
      [expect.stringContaining('it could not go on in time: holdWhile: DatabaseDown fires') as string],
    ]);
  });

  it('is denied, and nobody is called, outside the hours out of which its rule drops what comes', async () => {
    const rig = rigWith('{ window: { allow: [night], else: drop } }');
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.paged]).toEqual(['denied', 'window: it is not night', []]);
  });

  it('waits until its hours begin, and calls a person then where it still has no plan', async () => {
    const rig = rigWith('{ window: { allow: [night] } }');
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilPhase('waiting')).waiting?.guard).toBe('window');
    const run = await rig.untilEnded(3 * 60 * minute);
    expect([run.phase, new Date(run.finishedAt ?? 0).getUTCHours(), rig.paged.length]).toEqual(['failed', 0, 1]);
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

  it('waits as well where there is nothing to change, and changes what there is by then', async () => {
    const rig = rigWith(holding);
    rig.world.add('gone', 5);
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilPhase('waiting')).waiting?.guard).toBe('holdWhile');
    rig.world.add('gone', 1);
    rig.sources.note([{ fingerprint: 'd1', status: 'resolved' }]);
    expect([(await rig.untilEnded()).phase, rig.effects, rig.paged]).toEqual(['succeeded', ['scaled gone to 4'], []]);
  });

  it('calls nobody where there is nothing to change and its alert is over', async () => {
    const rig = rigWith('{ cooldown: 5m }');
    rig.world.add('gone', 5);
    await rig.send([{ fingerprint: 'a1' }], { isKnownToSource: false });
    expect([(await rig.untilEnded()).phase, rig.paged]).toEqual(['superseded', []]);
  });

  it('calls a person where there is nothing to change and nothing to wait for', async () => {
    const rig = rigWith('{ cooldown: 5m }');
    rig.world.add('gone', 5);
    await rig.send([{ fingerprint: 'a1' }]);
    expect([(await rig.untilEnded()).reason, rig.paged.length]).toEqual(['nothing to change in any rung of the ladder', 1]);
  });
});
