import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;
const pause = { id: 'p1', scope: { kind: 'global' as const }, reason: 'hands off', by: 'ann' };

/** Nothing helps, and what was done is undone by someone. */
function helpless(rig: PipelineRig): void {
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  rig.world.onEffect = () => Promise.resolve(rig.world.set('web', 2));
}

describe('a call', () => {
  it('is taken back when a later attempt succeeds, and raised again when that does not last', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ cooldown: 1m, rate: 9/1h, attempts: 9 }' })) });
    helpless(rig);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(() => rig.paged.length === 1);
    expect(rig.handled).toEqual([]);
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0 }];
    await rig.until(() => rig.handled.length === 1, 3_600_000);
    const [run] = await rig.runs();
    expect([run?.phase, rig.handled[0]?.text, rig.paged.length]).toEqual(['succeeded', `run ${run?.id} succeeded`, 1]);
    helpless(rig);
    await rig.until(() => rig.paged.length === 2, 7_200_000);
  });

  it('is taken back when the incident closes', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ attempts: 1 }' })) });
    helpless(rig);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    expect([rig.paged.length, rig.handled.length]).toEqual([1, 0]);
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(() => rig.handled.length === 1);
    expect(rig.handled[0]).toMatchObject({ kind: 'handled', text: 'the incident is closed: all members resolved', key: rig.paged[0]?.key });
  });

  it('is taken back when a person has seen it', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ attempts: 1 }' })) });
    helpless(rig);
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    await actOnRun(rig.engine, run.id, { kind: 'acknowledge', by: 'ann', reason: 'on it' });
    await rig.until(() => rig.handled.length === 1);
    expect(rig.handled[0]?.text).toBe('acknowledged by ann');
  });

  it('tells as much of a subject as a person reads, and the run keeps it', async () => {
    const rules = rulesFile(slowRule({ guards: '{ attempts: 1 }' })).replace(/subject: .*/, "subject: 'http/${labels.dump}:80'");
    const rig = new PipelineRig({ rules });
    helpless(rig);
    await rig.send([{ fingerprint: 'a1', labels: { dump: 'x'.repeat(20_000) } }]);
    const run = await rig.untilEnded();
    expect(run.subject.length).toBe(20_008);
    const cut = `http/${'x'.repeat(494)}…`;
    expect(rig.paged).toMatchObject([{ subject: cut, labels: { subject: cut } }]);
    expect(JSON.stringify(rig.paged).length).toBeLessThan(10_000);
  });

  it('waits as its rule says, and is not made when the incident closes before', async () => {
    const rules = rulesFile(slowRule({ guards: '{ attempts: 1 }' })).replace('{ severity: critical }', '{ severity: page, after: 30m }');
    const rig = new PipelineRig({ rules });
    helpless(rig);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    await rig.clock.advance(29 * minute);
    expect(rig.paged).toEqual([]);
    await rig.clock.advance(minute);
    expect(rig.paged).toMatchObject([{ severity: 'page' }]);

    const other = new PipelineRig({ rules });
    helpless(other);
    await other.send([{ fingerprint: 'a1' }]);
    await other.untilEnded();
    await other.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await other.clock.advance(2 * 60 * minute);
    expect([other.paged, other.handled]).toEqual([[], []]);
  });
});

describe('what is kept from acting', () => {
  it('by a pause is silent for the time configured, then a person is called, once; it goes on when it may', async () => {
    const rig = new PipelineRig({ quiet: 20 * minute });
    await rig.store.addPause(pause);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(19 * minute);
    expect(rig.paged).toEqual([]);
    await rig.clock.advance(21 * minute);
    expect(rig.paged.map(({ title }) => title)).toEqual([
      'Slow: slow has been kept from acting on kubernetes/default/shop/deployment.apps/web for 20m',
    ]);
    expect(rig.paged[0]?.reason).toContain('paused by ann (everything): hands off');
    expect((await rig.journalTypes()).filter((type) => type === 'escalated')).toHaveLength(1);
    await rig.store.removePause('p1', 'ann');
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    expect([rig.paged.length, rig.handled.length]).toEqual([1, 1]);
  });

  it('by a pause calls again only after the time has passed since a person has seen it', async () => {
    const rig = new PipelineRig({ quiet: 10 * minute });
    await rig.store.addPause(pause);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(11 * minute);
    const run = await rig.newest();
    await actOnRun(rig.engine, run.id, { kind: 'acknowledge', by: 'ann', reason: 'wait' });
    await rig.clock.advance(9 * minute);
    expect(rig.paged).toHaveLength(1);
    await rig.clock.advance(2 * minute);
    expect(rig.paged).toHaveLength(2);
  });

  it('by a cooldown for longer than that calls a person', async () => {
    const rig = new PipelineRig({
      quiet: 30 * minute,
      rules: rulesFile(slowRule({ guards: '{ cooldown: 2h, rate: 9/1h, attempts: 9 }' })),
    });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(async () => (await rig.store.incidents({ state: 'open', limit: 1 })).length === 0);
    rig.world.set('web', 2);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    expect([(await rig.newest()).phase, rig.paged]).toEqual(['denied', []]);
    await rig.clock.advance(28 * minute);
    expect(rig.paged).toEqual([]);
    await rig.clock.advance(3 * minute);
    expect(rig.paged).toMatchObject([{ reason: expect.stringContaining('cooldown') as string }]);
    await rig.clock.advance(30 * minute);
    expect(rig.paged).toHaveLength(1);
  });

  it('by another alert is no silence that anybody asked for: the end of the run calls', async () => {
    const guards = '{ holdWhile: [\'alertname="DatabaseDown"\'] }';
    const rig = new PipelineRig({ quiet: 10 * minute, rules: rulesFile(slowRule({ guards })) });
    await rig.send([{ fingerprint: 'db', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(20 * minute);
    expect([(await rig.newest()).waiting?.guard, rig.paged]).toEqual(['holdWhile', []]);
  });

  it('by a person who said no stays silent', async () => {
    const rig = new PipelineRig({ quiet: 10 * minute, rules: rulesFile(slowRule({ mode: 'approve' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilPhase('awaiting-approval');
    await actOnRun(rig.engine, run.id, { kind: 'deny', by: 'ann', reason: 'no' });
    await rig.untilEnded();
    await rig.clock.advance(60 * minute);
    expect(rig.paged).toEqual([]);
  });
});
