import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { attendIncidents, reconcile } from '../../../src/pipeline/reconcile.ts';
import { formatRate } from '../../../src/value/rate.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

/** A rig where nothing ever helps and every effect is undone by the world, so that each attempt has something to do. */
async function hopeless(guards: string, more: Partial<Parameters<typeof slowRule>[0]> = {}): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards, ...more })) });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  rig.world.onEffect = () => Promise.resolve(rig.world.set('web', 2));
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

describe('the next attempt', () => {
  it('is taken up by the engine itself after the cooldown, as often as attempts allow, and one person is called', async () => {
    const rig = await hopeless('{ cooldown: 5m, attempts: 3 }');
    await rig.clock.advance(60 * minute);
    const runs = (await rig.runs()).toReversed();
    expect(runs.map(({ phase, attempt }) => [phase, attempt])).toEqual([
      ['failed', 1],
      ['failed', 2],
      ['failed', 3],
    ]);
    for (const [index, run] of runs.entries()) {
      if (index > 0) expect(run.createdAt - (runs[index - 1]?.finishedAt ?? 0)).toBeGreaterThanOrEqual(5 * minute);
    }
    expect([rig.effects.length, rig.paged.length]).toEqual([3, 1]);
  });

  it('is not hurried by repeated notifications', async () => {
    const rig = await hopeless('{ cooldown: 30m, attempts: 3 }');
    const startsAt = rig.clock.now();
    for (let count = 0; count < 20; count += 1) {
      await rig.clock.advance(minute);
      await rig.send([{ fingerprint: 'a1', startsAt }]);
    }
    expect([(await rig.runs()).length, rig.effects.length]).toEqual([1, 1]);
  });

  it('keeps a distance also where the rule says nothing', async () => {
    const rig = await hopeless('{}');
    await rig.clock.advance(60 * minute);
    const runs = (await rig.runs()).toReversed();
    for (const [index, run] of runs.entries()) {
      if (index > 0) expect(run.createdAt - (runs[index - 1]?.finishedAt ?? 0)).toBeGreaterThanOrEqual(30_000);
    }
  });

  it('does not hammer a target that is missing', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{}' })) });
    rig.world.workloads.delete('web');
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(60 * minute);
    expect([(await rig.runs()).length <= 121, rig.paged.length]).toEqual([true, 1]);
  });

  it('is taken up when a success does not last, the journal says that it recurred, and in the end a person is called', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ cooldown: 1m, attempts: 2 }' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    rig.world.set('web', 2);
    await rig.until(async () => (await rig.runs()).length === 2, 30 * minute);
    expect((await rig.journalTypes()).filter((type) => type === 'recurred').length).toBe(1);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    rig.world.set('web', 2);
    await rig.clock.advance(60 * minute);
    const [last] = await rig.runs();
    expect(last).toMatchObject({ phase: 'denied', attempt: 3, reason: expect.stringContaining('attempts') });
    expect([(await rig.runs()).length, (await rig.journalTypes()).filter((type) => type === 'recurred').length, rig.paged.length]).toEqual([
      3, 2, 1,
    ]);
  });

  it('is denied, and a person is called, where the last attempt was superseded after it had acted and its alert fires on', async () => {
    const ladder = ['web', 'db'].map((name) => `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: 4 } } }`).join(', ');
    const rig = await hopeless('{ cooldown: 1m, attempts: 1 }', { ladder: `[${ladder}]` });
    await rig.untilPhase('verifying');
    rig.sources.silenced.add('a1');
    const run = await rig.untilEnded();
    expect([run.phase, rig.effects, rig.paged]).toEqual(['superseded', ['scaled web to 4'], []]);
    await rig.clock.advance(30 * minute);
    expect([(await rig.runs()).length, rig.paged]).toEqual([1, []]);
    rig.sources.silenced.clear();
    await rig.clock.advance(10 * minute);
    expect([(await rig.newest()).reason, rig.paged.length, rig.effects]).toEqual([
      expect.stringContaining('attempts') as string,
      1,
      ['scaled web to 4'],
    ]);
    await rig.clock.advance(60 * minute);
    expect((await rig.runs()).length).toBe(2);
  });

  it('is denied, and a person is called again, where they had acknowledged only the attempt before that one', async () => {
    const ladder = ['web', 'db'].map((name) => `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: 4 } } }`).join(', ');
    const rig = await hopeless('{ cooldown: 1m, attempts: 2 }', { ladder: `[${ladder}]` });
    const { id } = await rig.untilEnded();
    await actOnRun(rig.engine, id, { kind: 'acknowledge', by: 'ann', reason: 'looking at it' });
    await rig.until(async () => (await rig.newest()).attempt === 2);
    rig.world.set('db', 1);
    await rig.until(async () => (await rig.newest()).phase === 'verifying');
    rig.sources.silenced.add('a1');
    expect((await rig.untilEnded()).phase).toBe('superseded');
    rig.sources.silenced.clear();
    await rig.clock.advance(20 * minute);
    const phases = (await rig.runs()).map(({ phase }) => phase);
    expect([phases, rig.paged.length]).toEqual([['denied', 'superseded', 'failed'], 2]);
  });

  it('is not lost when whoever attends the incident is cut off', async () => {
    const rig = await hopeless('{ cooldown: 5m, attempts: 2 }');
    await rig.untilEnded();
    const incident = rig.store.incident.bind(rig.store);
    rig.store.incident = () => {
      rig.store.incident = incident;
      return Promise.reject(new Error('cut off'));
    };
    await rig.until(async () => (await rig.runs()).length === 2, 10 * minute);
    expect(rig.errors).toEqual([]);
  });

  it('waits for the end of a silence without making runs, and is taken up after it', async () => {
    const rig = await hopeless('{ cooldown: 5m, attempts: 3 }');
    await rig.untilEnded();
    rig.sources.silenced.add('a1');
    await rig.clock.advance(180 * minute);
    expect((await rig.runs()).length).toBe(1);
    rig.sources.silenced.delete('a1');
    await rig.until(async () => (await rig.runs()).length === 2, 10 * minute);
  });

  it('waits while the source cannot be asked', async () => {
    const rig = await hopeless('{ cooldown: 5m, attempts: 3 }');
    await rig.untilEnded();
    rig.sources.isAway = true;
    await rig.clock.advance(60 * minute);
    expect((await rig.runs()).length).toBe(1);
    rig.sources.isAway = false;
    await rig.until(async () => (await rig.runs()).length === 2, 10 * minute);
  });

  it('is made of an incident whose rule only planned, once the rule may act', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'plan' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded()).phase).toBe('planned');
    rig.load(rulesFile(slowRule({ mode: 'auto' })));
    await rig.until(async () => (await rig.runs()).length === 2, 15 * minute);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
  });

  it('is not made for an incident that is over', async () => {
    const rig = await hopeless('{ cooldown: 5m, attempts: 3 }');
    await rig.untilEnded();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.clock.advance(60 * minute);
    expect([(await rig.runs()).length, (await rig.store.incidents({ state: 'open', limit: 9 })).length]).toEqual([1, 0]);
  });

  it('waits for a rate without making a run a second', async () => {
    const rig = await hopeless('{ rate: 1/1h }');
    await rig.clock.advance(50 * minute);
    const runs = await rig.runs();
    expect(rig.effects.length).toBe(1);
    expect(runs.length).toBeLessThanOrEqual(4);
    await rig.clock.advance(30 * minute);
    expect(rig.effects.length).toBe(2);
  });
});

describe('an incident whose source hangs', () => {
  it('holds up neither runs that are due nor other incidents', async () => {
    const rig = await hopeless('{ cooldown: 5m, attempts: 3 }');
    const { incident } = await rig.untilEnded();
    let asked = 0;
    rig.sources.evidence.standing = () => new Promise<never>(() => void (asked += 1));
    rig.ledger.peek = () => Promise.resolve({ outcome: 'granted', time: rig.clock.now(), charged: false });
    await rig.store.wakeIncident(incident, rig.clock.now());
    await reconcile(rig.engine);
    expect(asked).toBe(0);
    const dueIncidents = () => Promise.resolve([incident, incident]);
    void attendIncidents({ ...rig.engine, store: { ...rig.engine.store, dueIncidents } });
    await rig.until(() => asked === 2);
  });
});

describe('an incident that a rate keeps from acting', () => {
  const rate = { count: 1, window: 5 * minute };

  it('has one run that says so, on which every further denial is counted', async () => {
    const rig = await hopeless('{ rate: 1/5m }');
    await rig.untilEnded();
    // Others are always quicker.
    const { peek, acquire } = rig.ledger;
    const asked: number[] = [];
    rig.ledger.peek = async (request) => {
      const claims = [{ kind: 'rate' as const, key: `rate/rule/slow/${rate.window}`, rate }];
      await acquire({ run: `other-${rig.clock.now()}`, fence: 1, claims });
      asked.push(rig.clock.now());
      return await peek(request);
    };
    await rig.clock.advance(60 * minute);
    const [denied, failed, ...more] = await rig.runs();
    expect([denied?.phase, failed?.phase, more, rig.effects.length]).toEqual(['denied', 'failed', [], 1]);
    const counted = denied?.decisions.find(({ guard, decision }) => guard === 'rate' && decision === 'deny');
    expect(counted).toMatchObject({ count: asked.length, reason: expect.stringMatching(/^rate 1\/5m of .* is used up, for another/) });
    expect(asked.length).toBeGreaterThan(9);
    const told = (await rig.store.journalOf(denied?.id ?? '')).filter(({ type }) => type === 'decision');
    expect(told.at(-1)?.data).toMatchObject({ guard: 'rate', count: asked.length });
    rig.ledger.peek = peek;
    await rig.until(() => rig.effects.length === 2, 10 * minute);
  });
});

describe('a denied run', () => {
  it('says which cooldown stands in the way and for how long, costs nothing and calls nobody', async () => {
    const rig = new PipelineRig();
    await rig.ledger.cool([{ key: 'cooldown/rule/slow/kubernetes/default/shop/deployment.apps/web', length: 10 * minute }]);
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.charged, rig.effects, rig.paged]).toEqual(['denied', false, [], []]);
    expect(run.reason).toMatch(/^cooldown: .* is cooling down, for another 10m$/);
    await rig.until(() => rig.effects.length === 1, 15 * minute);
    expect((await rig.newest()).attempt).toBe(2);
  });

  it('leaves the rate of others as it was', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards: '{ cooldown: 5m, rate: 1/1h }' })) });
    rig.protection.targets.push('kubernetes/default/shop/*/web');
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.paged.length]).toEqual(['denied', expect.stringContaining('protectedTarget: ') as string, 1]);
    const rate = { count: 1, window: 3_600_000 };
    const claims = [{ kind: 'rate' as const, key: `rate/rule/slow/${rate.window}`, rate }];
    expect([formatRate(rate), (await rig.ledger.peek({ run: 'other', fence: 0, claims })).outcome]).toEqual(['1/1h', 'granted']);
  });

  it('by a source that cannot be asked names the guard and calls a person', async () => {
    const rig = new PipelineRig();
    rig.sources.isAway = true;
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.effects, rig.paged.length]).toEqual([
      'denied',
      'stillFiring: could not be answered: connection refused',
      [],
      1,
    ]);
  });

  it('for a second attempt where a receipt is the only evidence', async () => {
    const rig = new PipelineRig({ evidence: 'receipt', rules: rulesFile(slowRule({ guards: '{ cooldown: 1m, attempts: 3 }' })) });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    rig.world.onEffect = () => Promise.resolve(rig.world.set('web', 2));
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.until(async () => (await rig.runs()).length === 2, 60 * minute);
    const run = await rig.untilEnded();
    expect([run.phase, run.reason, rig.effects.length]).toEqual(['denied', expect.stringContaining('first attempt only') as string, 1]);
  });
});

describe('two runs on one target', () => {
  const rival = slowRule({
    name: 'rival',
    guards: '{}',
    ladder: '[{ remediation: scale, with: { name: web, replicas: { atLeast: 6 } } }]',
  }).replace('alertname="Slow"', 'alertname="Rival"');

  it('go one after the other: the second waits and then goes on', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule(), rival), timing: { targetCooldown: 0 } });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('verifying');
    await rig.send([{ fingerprint: 'b1', labels: { alertname: 'Rival' } }]);
    await rig.clock.advance(10_000);
    const waiting = (await rig.runs()).find(({ rule }) => rule === 'rival');
    expect([waiting?.phase, waiting?.waiting?.guard, waiting?.charged]).toEqual(['waiting', 'targetLock', false]);
    expect(waiting?.reason).toContain('is held by run');
    const first = (await rig.runs()).find(({ rule }) => rule === 'slow');
    await rig.until(async () => (await rig.store.run(first?.id ?? ''))?.run.phase === 'succeeded');
    await rig.untilEnded();
    expect((await rig.runs()).map(({ phase }) => phase)).toEqual(['succeeded', 'succeeded']);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 6']);
  });
});
