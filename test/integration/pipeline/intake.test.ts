import { describe, expect, it } from 'vitest';
import { ownLabel } from '../../../src/value/own-label.ts';
import { explain } from '../../../src/pipeline/explain.ts';
import { parseWebhookMessage } from '../../../src/alert/webhook-message.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

it('says in the log when no rule matched', async () => {
  const told: string[] = [];
  const quiet = { debug: () => {}, warn: () => {}, error: () => {} };
  const rig = new PipelineRig({ engine: { log: { ...quiet, info: (_data, message) => void told.push(message) } } });
  await rig.send([{ fingerprint: 'a1', labels: { alertname: 'Else' } }]);
  await rig.send([{ fingerprint: 'a1', labels: { alertname: 'Else' } }, { fingerprint: 'a2' }]);
  expect(told).toEqual(['notification taken in, no rule matched', 'notification taken in']);
});

describe('the same alert', () => {
  it('many times, also in one message and from two senders at once, is one run', async () => {
    const rig = new PipelineRig();
    const startsAt = rig.clock.now();
    const alert = { fingerprint: 'a1', startsAt };
    await Promise.all([rig.send([alert, alert]), rig.send([alert]), rig.send([alert])]);
    await rig.clock.advance(minute);
    await rig.send([alert]);
    await rig.untilEnded();
    expect([(await rig.runs()).length, rig.effects]).toEqual([1, ['scaled web to 4']]);
  });

  it('that ended and is delivered late opens nothing', async () => {
    const rig = new PipelineRig();
    const startsAt = rig.clock.now() - 10 * minute;
    await rig.send([{ fingerprint: 'a1', status: 'resolved', startsAt }]);
    await rig.send([{ fingerprint: 'a1', startsAt }], { isKnownToSource: false });
    await rig.clock.advance(minute);
    expect(await rig.runs()).toEqual([]);
  });

  it('that ended and fires again by its source is a run, though its start looks old', async () => {
    const rig = new PipelineRig();
    const startsAt = rig.clock.now() - 10 * minute;
    await rig.send([{ fingerprint: 'a1', status: 'resolved', startsAt }]);
    await rig.send([{ fingerprint: 'a1', startsAt }]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
  });

  it('that ended, from a source that does not answer, opens nothing', async () => {
    const rig = new PipelineRig();
    const startsAt = rig.clock.now() - 10 * minute;
    await rig.send([{ fingerprint: 'a1', status: 'resolved', startsAt }]);
    rig.sources.isAway = true;
    await rig.send([{ fingerprint: 'a1', startsAt }]);
    await rig.clock.advance(minute);
    expect(await rig.runs()).toEqual([]);
  });

  it('with a later start is a new episode', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1', status: 'resolved', startsAt: rig.clock.now() - 10 * minute }]);
    await rig.clock.advance(1000);
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
  });

  it('that flaps continues its incident', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ cooldown: 1h, attempts: 1 }' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    for (let count = 0; count < 5; count += 1) {
      await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
      await rig.clock.advance(minute);
      await rig.send([{ fingerprint: 'a1' }]);
      await rig.clock.advance(minute);
    }
    expect([(await rig.store.incidents({ limit: 9 })).length, rig.effects.length]).toEqual([1, 1]);
  });
});

describe('many alerts', () => {
  it('of fifty pods of one Deployment are one incident with one run', async () => {
    const rig = new PipelineRig();
    const pods = Array.from({ length: 50 }, (_none, index) => ({ fingerprint: `p${index}`, labels: { pod: `web-${index}` } }));
    await rig.send(pods.slice(0, 20));
    await rig.send(pods.slice(20).toReversed());
    await rig.untilEnded();
    const [incident] = await rig.store.incidents({ limit: 9 });
    expect([(await rig.runs()).length, incident?.members.length, incident?.firing, rig.effects]).toEqual([1, 50, 50, ['scaled web to 4']]);
  });

  it('that would render other parameters for the same subject are refused, visibly', async () => {
    const ladder = "[{ remediation: scale, with: { name: '${labels.deployment}', replicas: { atLeast: 4 } } }]";
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })) });
    await rig.send([
      { fingerprint: 'a1', labels: { deployment: 'web' } },
      { fingerprint: 'a2', labels: { deployment: 'db' } },
    ]);
    await rig.untilEnded();
    const refused = (await rig.store.journal('0', 100)).filter(({ type }) => type === 'member-refused');
    expect([rig.effects, refused.length, refused[0]?.data['fingerprint']]).toEqual([['scaled web to 4'], 1, 'a2']);
    expect(refused[0]?.data['reason']).toContain('other parameters');
  });

  it('ten thousand in one message are taken in, each subject its own run', async () => {
    const subject = 'kubernetes/default/shop/deployment.apps/${labels.app}';
    const rules = rulesFile(slowRule({ mode: 'observe' })).replace(
      'subject: kubernetes/default/shop/deployment.apps/web',
      `subject: '${subject}'`,
    );
    const rig = new PipelineRig({ rules });
    const alerts = Array.from({ length: 10_000 }, (_none, index) => ({ fingerprint: `f${index}`, labels: { app: `app-${index % 20}` } }));
    await rig.send(alerts);
    await rig.untilEnded();
    const incidents = await rig.store.incidents({ limit: 100 });
    expect([(await rig.runs()).length, incidents.length, incidents.reduce((sum, { firing }) => sum + firing, 0)]).toEqual([20, 20, 10_000]);
  }, 60_000);
});

describe('what a rule cannot handle', () => {
  it('a condition that errors stops at its rule, is written down, and never falls through', async () => {
    const broken = slowRule({ name: 'broken', more: 'when: \'labels.missing == "x"\'' });
    const rig = new PipelineRig({ rules: rulesFile(broken, slowRule()) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(minute);
    const [entry] = await rig.store.journal('0', 9);
    expect([await rig.runs(), entry?.type, entry?.rule]).toEqual([[], 'member-refused', 'broken']);
    expect(entry?.data['reason']).toContain('when of rule broken');
  });

  it.each(['../../secrets', 'web/../../x', 'WEB', 'a b', '${labels.x}', 'web\u0000', 'x'.repeat(1_000_000)])(
    'a label value such as %.20s never becomes a name of a target',
    async (value) => {
      const ladder = "[{ remediation: scale, with: { name: '${labels.deployment}', replicas: { atLeast: 4 } } }]";
      const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })) });
      await rig.send([{ fingerprint: 'a1', labels: { deployment: value } }]);
      await rig.clock.advance(minute);
      const refused = (await rig.store.journal('0', 99)).filter(({ type }) => type === 'member-refused');
      expect([(await rig.runs()).filter(({ phase }) => phase !== 'failed'), rig.effects]).toEqual([[], []]);
      expect(refused.length === 1 || rig.paged.length === 1).toBe(true);
      expect(JSON.stringify(refused).length).toBeLessThan(10_000);
    },
  );

  it('alerts that we raised ourselves are dropped', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1', labels: { [ownLabel]: '1' } }]);
    await rig.clock.advance(minute);
    expect([await rig.runs(), await rig.journalTypes()]).toEqual([[], []]);
  });

  it('alerts that no rule wants open nothing', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1', labels: { alertname: 'Other' } }]);
    await rig.clock.advance(minute);
    expect([await rig.runs(), await rig.store.incidents({ limit: 9 })]).toEqual([[], []]);
  });
});

describe('a rule that says continue', () => {
  it('lets the next one have the alert too, each with its own incident', async () => {
    const other = '[{ remediation: scale, with: { name: db, replicas: { atLeast: 3 } } }]';
    const second = slowRule({ name: 'second', ladder: other }).replace('deployment.apps/web', 'deployment.apps/db');
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ more: 'continue: true' }), second, slowRule({ name: 'third' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    expect((await rig.runs()).map(({ rule }) => rule).toSorted()).toEqual(['second', 'slow']);
    expect(rig.effects.toSorted()).toEqual(['scaled db to 3', 'scaled web to 4']);
  });
});

describe('intake that was cut off', () => {
  it('between incident and run is made good by the same message again', async () => {
    const rig = new PipelineRig();
    const create = rig.store.createRuns.bind(rig.store);
    rig.store.createRuns = () => Promise.reject(new Error('cut off'));
    await expect(rig.send([{ fingerprint: 'a1' }])).rejects.toThrow('cut off');
    rig.store.createRuns = create;
    await rig.send([{ fingerprint: 'a1' }]);
    expect([(await rig.untilEnded()).phase, (await rig.runs()).length]).toEqual(['succeeded', 1]);
  });

  const storm = { subjects: 3, alerts: 1000, fleet: 100, window: minute, quiet: 5 * minute };
  const six = ['web', 'db', 'app0', 'app1', 'app2', 'app3'].map((app) => ({ fingerprint: app, labels: { app } }));
  const pods = ['p0', 'p1'].map((fingerprint) => ({ fingerprint, labels: { app: 'web' } }));

  it.each([
    { by: 'subjects', limits: storm, fired: six, called: 'storm' },
    { by: 'alerts', limits: { ...storm, alerts: 1 }, fired: pods, called: 'storm' },
    { by: 'the share of a fleet', limits: { ...storm, subjects: 100, fleet: 50 }, fired: six, called: 'storm-slow' },
  ])('before a storm was noted, by $by, is made good by the same message again', async ({ limits, fired, called }) => {
    const guards = '{ blastRadius: { grow: false, fleet: { kind: Deployment, namespace: shop } } }';
    const rules = rulesFile(slowRule({ guards })).replaceAll(/(apps\/|name: )web/g, '$1${labels.app}');
    const rig = new PipelineRig({ rules: rules.replace('name: ${labels.app}', "name: '${labels.app}'"), limits: { storm: limits } });
    for (const { labels } of six) rig.world.add(labels.app, 2);
    const note = rig.ledger.note.bind(rig.ledger);
    rig.ledger.note = () => Promise.reject(new Error('cut off'));
    await expect(rig.send(fired)).rejects.toThrow('cut off');
    rig.ledger.note = note;
    await rig.send(fired);
    await rig.clock.advance(minute / 2);
    expect([rig.effects, rig.paged.map(({ incident }) => incident)]).toEqual([[], [called]]);
  });

  it('between run and dispatch is made good by the reconciler', async () => {
    const rig = new PipelineRig();
    const add = rig.dispatches.addAll.bind(rig.dispatches);
    rig.dispatches.addAll = () => {
      rig.dispatches.addAll = add;
      return Promise.reject(new Error('cut off'));
    };
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
  });
});

describe('a resolved that was lost', () => {
  it('is found out by asking the source', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'plan' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    rig.sources.alerts.clear();
    await rig.until(async () => (await rig.store.incidents({ state: 'open', limit: 9 })).length === 0);
  });
});

describe('explaining a message', () => {
  const ask = async (rig: PipelineRig, fingerprint: string) => {
    const message = parseWebhookMessage({ version: '4', alerts: [rig.sources.webhookAlert({ fingerprint })] });
    const { alerts } = await explain(rig.engine, { name: 'main', labelsFor: () => ({}) }, message);
    return alerts[0]?.rules ?? [];
  };

  it('judges the next run of the incident that is open, by its attempts, members and receipt', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ attempts: 1, maxAge: 1m }' })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }, { fingerprint: 'a2' }]);
    await rig.untilPhase('failed');
    const before = await rig.journalTypes();
    rig.sources.alerts.delete('a1');
    const [rule] = await ask(rig, 'a1');
    const said = Object.fromEntries((rule?.decisions ?? []).map(({ guard, decision, reason }) => [guard, `${decision}: ${reason}`]));
    expect(said['attempts']).toContain('deny: all 1 attempts');
    expect(said['stillFiring']).toContain('deny: the alert was last received');
    const fresh = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ attempts: 2 }' })) });
    await fresh.send([{ fingerprint: 'a1' }, { fingerprint: 'a2' }]);
    fresh.sources.alerts.delete('a1');
    const [other] = await ask(fresh, 'a1');
    expect(other?.decisions?.find(({ guard }) => guard === 'stillFiring')?.reason).toContain('has another alert of the incident');
    expect(await rig.journalTypes()).toEqual(before);
  });

  it('says why a rule cannot be rendered, and goes on with the others', async () => {
    const ladder = "[{ remediation: scale, with: { name: '${labels.app}', replicas: { atLeast: 4 } } }]";
    const rules = [slowRule({ name: 'broken', ladder, more: 'continue: true' }), slowRule({ name: 'whole' })];
    const rig = new PipelineRig({ rules: rulesFile(...rules) });
    rig.sources.note([{ fingerprint: 'a1' }]);
    const [broken, whole] = await ask(rig, 'a1');
    expect([broken?.reason, broken?.decisions]).toEqual([expect.stringContaining('app'), []]);
    expect(whole?.decisions?.map(({ guard }) => guard)).toEqual(rig.engine.guards.map(({ name }) => name));
  });

  it('puts rules of the same alert and subject in their order', async () => {
    const rules = [slowRule({ name: 'first', more: 'continue: true' }), slowRule({ name: 'second' })];
    const rig = new PipelineRig({ rules: rulesFile(...rules) });
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    await rig.send([{ fingerprint: 'a1' }]);
    const [, second] = await ask(rig, 'a1');
    expect(second?.decisions?.find(({ guard }) => guard === 'siblings')).toMatchObject({
      decision: 'defer',
      reason: expect.stringContaining('rule first comes first') as string,
    });
  });

  it('names every rule and asks every guard, and changes nothing', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule(), slowRule({ name: 'second' })) });
    await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    const before = await rig.journalTypes();
    const message = parseWebhookMessage({ version: '4', alerts: [rig.sources.webhookAlert({ fingerprint: 'a1' })] });
    const { alerts } = await explain(rig.engine, { name: 'main', labelsFor: () => ({}) }, message);
    const [first, second] = alerts[0]?.rules ?? [];
    expect([first?.matched, first?.subject, second?.matched]).toEqual([true, 'kubernetes/default/shop/deployment.apps/web', false]);
    expect(first?.decisions?.map(({ guard }) => guard)).toEqual(rig.engine.guards.map(({ name }) => name));
    expect(first?.decisions?.[0]).toMatchObject({
      guard: 'paused',
      decision: 'defer',
      reason: expect.stringContaining('hands off') as string,
      inputs: { pauses: [{ id: 'p1' }], targets: ['kubernetes/default/shop/deployment.apps/web'] },
    });
    expect([await rig.runs(), await rig.journalTypes(), await rig.store.incidents({ limit: 9 })]).toEqual([[], before, []]);
  });
});
