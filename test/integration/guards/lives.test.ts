import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { demotions, restoreRule } from '../../../src/pipeline/demotion.ts';
import { explain } from '../../../src/pipeline/explain.ts';
import { replay } from '../../../src/pipeline/replay.ts';
import { parseWebhookMessage } from '../../../src/alert/webhook-message.ts';
import { endedRuns, fleetRig, ill } from '../../support/pipeline/fleet.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

const hour = 60 * minute;

const person = { by: 'ann', reason: 'looked at it' };

describe('recurrence', () => {
  it('ends what is mended again and again, names the runs, and calls a person', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ recurrence: 2/1d }' })) });
    for (const fingerprint of ['a1', 'a2']) {
      rig.world.set('web', 2);
      await rig.send([{ fingerprint }]);
      await rig.untilPhase('succeeded');
      expect((await rig.untilEnded()).phase).toBe('succeeded');
      await rig.send([{ fingerprint, status: 'resolved' }]);
      await rig.clock.advance(hour);
    }
    const mended = (await rig.runs()).map(({ id }) => id);
    rig.world.set('web', 2);
    await rig.send([{ fingerprint: 'a3' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.charged, rig.world.replicas('web')]).toEqual(['denied', false, 2]);
    for (const id of mended) expect(run.reason).toContain(id);
    expect(rig.paged.map(({ incident }) => incident)).toEqual([run.incident]);
  });
});

describe('failureBudget', () => {
  const rules = rulesFile(slowRule({ guards: '{ failureBudget: 2/1d, attempts: 1 }' }));

  async function failed(rig: PipelineRig, fingerprint: string): Promise<void> {
    rig.world.set('web', 2);
    await rig.send([{ fingerprint }]);
    expect((await rig.untilEnded()).phase).toBe('failed');
    await rig.send([{ fingerprint, status: 'resolved' }]);
    await rig.clock.advance(hour);
  }

  it('takes a rule its autonomy by its failures, and only a person gives it back', async () => {
    const rig = new PipelineRig({ rules });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 9 }];
    await failed(rig, 'a1');
    expect(await demotions(rig.engine)).toEqual(new Map());
    await failed(rig, 'a2');
    expect([...(await demotions(rig.engine)).keys()]).toEqual(['slow']);
    await rig.clock.advance(3 * 24 * hour);

    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0 }];
    rig.world.set('web', 2);
    await rig.send([{ fingerprint: 'a3' }]);
    const waiting = await rig.untilPhase('awaiting-approval');
    expect([waiting.mode, rig.world.replicas('web')]).toEqual(['auto', 2]);
    expect(waiting.decisions.find(({ guard }) => guard === 'failureBudget')?.reason).toContain('has used up its failureBudget 2/1d');
    await actOnRun(rig.engine, waiting.id, { kind: 'approve', ...person });
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    expect(rig.world.replicas('web')).toBe(4);
    await rig.send([{ fingerprint: 'a3', status: 'resolved' }]);
    await rig.clock.advance(hour);

    await restoreRule(rig.engine, 'slow', person);
    await expect(restoreRule(rig.engine, 'slow', person)).rejects.toMatchObject({ code: 'rule.not-demoted' });
    await expect(restoreRule(rig.engine, 'fast', person)).rejects.toMatchObject({ code: 'rule.unknown' });
    rig.world.set('web', 2);
    await rig.send([{ fingerprint: 'a4' }]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    const acts = (await rig.store.journal('0', 10_000)).filter(({ type, data }) => type === 'person-acted' && data['kind'] === 'restore');
    expect(acts.map(({ rule, data }) => [rule, data['by']])).toEqual([['slow', 'ann']]);
  });

  it('is journalled and told: the demotion with the end of its run, and the restoration', async () => {
    const rig = new PipelineRig({ rules, notices: ['rule-demoted'] });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 9 }];
    await failed(rig, 'a1');
    const last = (await rig.runs()).length;
    await failed(rig, 'a2');
    const [run] = await rig.runs();
    expect(last).toBe(1);
    await restoreRule(rig.engine, 'slow', person);
    await failed(rig, 'a3');
    const told = rig.told.map(({ kind, rule, title, reason }) => [kind, rule, title, reason]);
    expect(told).toEqual([
      ['rule-demoted', 'slow', 'rule-demoted: rule slow', expect.stringContaining(`failureBudget 2/1d, last with run ${run?.id}`)],
      ['rule-demoted', 'slow', 'rule-restored: rule slow by ann', 'looked at it'],
    ]);
  });

  it('counts a success that did not last, and tells of the demotion', async () => {
    const once = rulesFile(slowRule({ guards: '{ failureBudget: 1/1d, attempts: 1 }' }));
    const rig = new PipelineRig({ rules: once, notices: ['rule-demoted'] });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    await rig.until(() => rig.told.length > 0, 2 * hour);
    expect(rig.told[0]?.reason).toContain('failureBudget 1/1d');
    expect([...(await demotions(rig.engine)).keys()]).toEqual(['slow']);
  });

  it('is not restored without a word in the journal, wherever the process is cut off', async () => {
    const rig = new PipelineRig({ rules });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 9 }];
    for (const fingerprint of ['a1', 'a2']) await failed(rig, fingerprint);
    const cutOff = (part: 'store' | 'ledger', method: string) => ({
      ...rig.engine,
      [part]: { ...rig.engine[part], [method]: () => Promise.reject(new Error('killed')) },
    });
    const words = async () => (await rig.journalTypes()).filter((type) => type === 'rule-restored').length;
    for (const [part, method] of [
      ['store', 'append'],
      ['ledger', 'lower'],
    ] as const) {
      await expect(restoreRule(cutOff(part, method), 'slow', person)).rejects.toThrow('killed');
      expect([...(await demotions(rig.engine)).keys()]).toEqual(['slow']);
    }
    expect(await words()).toBe(1);
    await restoreRule(rig.engine, 'slow', person);
    expect([await words(), (await demotions(rig.engine)).size]).toEqual([2, 0]);
  });

  it('counts runs that could not be planned, and none that were denied or superseded', async () => {
    const ladder = '[{ remediation: scale, with: { name: gone, replicas: { atLeast: 4 } } }]';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder, guards: '{ failureBudget: 2/1d, cooldown: 1m }' })) });
    await failed(rig, 'a1');
    expect(await demotions(rig.engine)).toEqual(new Map());
    await failed(rig, 'a2');
    expect([...(await demotions(rig.engine)).keys()]).toEqual(['slow']);
    expect((await rig.runs()).map(({ phase, charged }) => [phase, charged])).toEqual([
      ['failed', false],
      ['failed', false],
    ]);
    const other = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ failureBudget: 1/1d }' })) });
    other.protection.targets.push('kubernetes/default/shop/deployment.apps/web');
    await other.send([{ fingerprint: 'a1' }]);
    expect([(await other.untilEnded()).phase, (await demotions(other.engine)).size]).toEqual(['denied', 0]);
  });

  it('has a whole budget again once restored', async () => {
    const rig = new PipelineRig({ rules });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 9 }];
    for (const fingerprint of ['a1', 'a2']) await failed(rig, fingerprint);
    await restoreRule(rig.engine, 'slow', person);
    await failed(rig, 'a3');
    expect(await demotions(rig.engine)).toEqual(new Map());
  });
});

describe('concurrency', () => {
  it('lets the others wait for a place, and gives each one its turn', async () => {
    const rig = fleetRig('{ concurrency: 2 }');
    await rig.send([0, 1, 2, 3, 4].map(ill));
    await rig.clock.advance(1000);
    expect([rig.effects.length, (await rig.runs()).filter(({ waiting }) => waiting?.guard === 'concurrency').length]).toEqual([2, 3]);
    const runs = await endedRuns(rig);
    expect([runs.map(({ phase }) => phase), rig.effects.length]).toEqual([Array.from({ length: 5 }, () => 'succeeded'), 5]);
    const spans = runs.map((run) => [run.rungs[0]?.startedAt ?? 0, run.finishedAt ?? 0] as const);
    const most = Math.max(...spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length));
    expect(most).toBe(2);
  });
});

describe('window', () => {
  it('holds a run until the hours it may act in', async () => {
    const intervals = { night: [{ times: [{ start_time: '22:30', end_time: '24:00' }] }] };
    const rules = rulesFile(slowRule({ guards: '{ window: { allow: [night] } }' }));
    // 22:13:20 it is.
    const rig = new PipelineRig({ rules, intervals });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(minute);
    expect(await rig.newest()).toMatchObject({ phase: 'waiting', waiting: { guard: 'window' } });
    expect((await rig.newest()).reason).toContain('until 2023-11-14T22:30:00.000Z');
    expect((await rig.untilEnded(hour)).phase).toBe('succeeded');
    expect(rig.world.effects[0]?.at).toBeGreaterThanOrEqual(Date.parse('2023-11-14T22:30:00Z'));
  });
});

describe('a wait without a word', () => {
  const morning = { morning: [{ times: [{ start_time: '09:00', end_time: '17:00' }] }] };
  const rules = rulesFile(slowRule({ guards: '{ window: { allow: [morning] } }' }));

  it('for a window lasts until it opens, however long that is, and calls once it has lasted', async () => {
    const rig = new PipelineRig({ rules, intervals: morning, quiet: 2 * hour });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(1.9 * hour);
    expect([(await rig.runs()).length, (await rig.newest()).phase, rig.paged.length]).toEqual([1, 'waiting', 0]);
    expect((await rig.untilEnded(12 * hour)).phase).toBe('succeeded');
    expect([(await rig.runs()).length, rig.paged.length, rig.world.effects[0]?.at]).toEqual([1, 1, Date.parse('2023-11-15T09:00:00Z')]);
  });

  it('for a pause lasts until its known end', async () => {
    const rig = new PipelineRig();
    const until = rig.clock.now() + 3 * hour;
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'works', by: 'ann', until });
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded(4 * hour)).phase).toBe('succeeded');
    expect([(await rig.runs()).length, rig.paged]).toEqual([1, []]);
    expect(rig.world.effects[0]?.at).toBeGreaterThanOrEqual(until);
  });

  it('for a pause without an end gives its run up without a call, until it has lasted', async () => {
    const rig = new PipelineRig({ quiet: 3 * hour });
    rig.localPause = 'paused by the file';
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(async () => (await rig.runs()).some(({ phase }) => phase === 'expired'), 2 * hour);
    await rig.clock.advance(hour);
    expect(rig.paged).toEqual([]);
    await rig.clock.advance(2 * hour);
    expect(rig.paged).toHaveLength(1);
    expect((await rig.runs()).length).toBeGreaterThan(1);
  });
});

describe('holdWhile', () => {
  it('warns of an alert that holds for too long, once', async () => {
    const warned: unknown[] = [];
    const log = { debug: () => {}, info: () => {}, error: () => {}, warn: (data: object, what: string) => void warned.push([what, data]) };
    const guards = '{ holdWhile: [{ match: \'alertname="DatabaseDown"\', scope: source, warnAfter: 10m }] }';
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards })), engine: { log } });
    rig.sources.note([{ fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } }]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(9 * minute);
    expect([(await rig.newest()).phase, warned]).toEqual(['waiting', []]);
    await rig.clock.advance(30 * minute);
    expect(warned).toHaveLength(1);
    const asked = parseWebhookMessage({ version: '4', alerts: [rig.sources.webhookAlert({ fingerprint: 'a1' })] });
    const { alerts } = await explain(rig.engine, { name: 'main', labelsFor: () => ({}) }, asked);
    expect([alerts[0]?.rules[0]?.decisions?.find(({ guard }) => guard === 'holdWhile')?.decision, warned.length]).toEqual(['defer', 1]);
    expect((await rig.newest()).reason).toContain('it holds the rule for too long');
  });
});

describe('four eyes', () => {
  const message = parseWebhookMessage({
    version: '4',
    alerts: [{ status: 'firing', fingerprint: 'a1', labels: { alertname: 'Slow' }, annotations: {}, startsAt: '2023-11-14T22:00:00Z' }],
  });

  async function asked(guards: string): Promise<{ rig: PipelineRig; id: string }> {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'approve', guards })) });
    rig.sources.note([{ fingerprint: 'a1' }]);
    const source = { name: 'main', labelsFor: () => ({}) };
    const { runs } = await replay(rig.engine, () => source, { webhook: message, source: 'main', mode: 'real', by: 'ann' });
    await rig.untilPhase('awaiting-approval');
    return { rig, id: runs[0] ?? '' };
  }

  it('let nobody approve what they asked for themselves', async () => {
    const { rig, id } = await asked('{ approval: { fourEyes: true } }');
    await expect(actOnRun(rig.engine, id, { kind: 'approve', ...person })).rejects.toMatchObject({ code: 'auth.forbidden' });
    await actOnRun(rig.engine, id, { kind: 'approve', by: 'bob', reason: 'fine' });
    expect((await rig.untilEnded()).phase).toBe('succeeded');
  });

  it('want an admin where the rule says so, for a yes but not for a no', async () => {
    const { rig, id } = await asked('{ approval: { role: admin } }');
    const operator = { ...person, role: 'operator' as const };
    await expect(actOnRun(rig.engine, id, { kind: 'approve', ...operator })).rejects.toMatchObject({ code: 'auth.forbidden' });
    await actOnRun(rig.engine, id, { kind: 'deny', ...operator });
    expect((await rig.untilEnded()).phase).toBe('denied');
    const other = await asked('{ approval: { role: admin } }');
    await actOnRun(other.rig.engine, other.id, { kind: 'approve', ...person, role: 'admin' });
    expect((await other.rig.untilEnded()).phase).toBe('succeeded');
  });
});
