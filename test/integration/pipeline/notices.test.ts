import { describe, expect, it } from 'vitest';
import { actOnRun, type PersonalAct } from '../../../src/pipeline/act-on-run.ts';
import { noticeKinds } from '../../../src/value/notice-kind.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const approving = rulesFile(slowRule({ mode: 'approve', guards: '{ approval: { expires: 10m } }' }));

async function act(rig: PipelineRig, kind: PersonalAct, run?: string): Promise<void> {
  await actOnRun(rig.engine, run ?? (await rig.newest()).id, { kind, by: 'ann', reason: 'as agreed' });
}

async function rigWith(given: { rules?: string; notices?: readonly string[] } = {}): Promise<PipelineRig> {
  const { rules = rulesFile(slowRule()), notices = noticeKinds } = given;
  const rig = new PipelineRig({ rules, notices });
  // Notices begin with what comes after the first look.
  await rig.clock.advance(1000);
  return rig;
}

async function asked(): Promise<PipelineRig> {
  const rig = await rigWith({ rules: approving });
  await rig.send([{ fingerprint: 'a1', labels: { severity: 'critical' } }]);
  await rig.untilPhase('awaiting-approval');
  await rig.clock.advance(2000);
  return rig;
}

const kinds = (rig: PipelineRig) => rig.told.map(({ kind }) => kind);

describe('the notice that asks for an approval', () => {
  it('has all that a person needs to answer', async () => {
    const rig = await asked();
    const run = await rig.newest();
    expect(kinds(rig)).toEqual(['approval-asked']);
    const [notice] = rig.told;
    expect(notice).toMatchObject({
      title: 'Slow: slow asks for approval',
      run: run.id,
      incident: run.incident,
      changes: [{ target: 'kubernetes/default/shop/deployment.apps/web', what: 'spec.replicas', from: '2', to: '4' }],
    });
    const expiry = new Date(run.approval?.expiresAt ?? 0).toISOString();
    expect(notice?.text.replace(/\(in 9m\d+s\)/, '(in 9m…)').split('\n')).toEqual([
      'slow, attempt 1, on kubernetes/default/shop/deployment.apps/web',
      '',
      'rung 1: scale',
      '  kubernetes/default/shop/deployment.apps/web',
      '    spec.replicas: 2 → 4',
      '',
      `expires ${expiry} (in 9m…)`,
      `fixpoint approve ${run.id} --reason "…"`,
      `fixpoint deny ${run.id} --reason "…"`,
    ]);
  });

  it('is followed by the answer and what came of it', async () => {
    const rig = await asked();
    await act(rig, 'approve');
    await rig.untilEnded();
    expect(kinds(rig)).toEqual(['approval-asked', 'approval-answered', 'run-started', 'run-ended']);
    expect(rig.told[1]).toMatchObject({
      title: 'Slow: approved by ann: slow on kubernetes/default/shop/deployment.apps/web',
      reason: 'as agreed',
    });
    const run = await rig.newest();
    expect(run.approval?.answer).toMatchObject({ approved: true, by: 'ann', reason: 'as agreed' });
    const answered = (await rig.store.journalOf(run.id)).find(({ type }) => type === 'approval-answered');
    expect(answered?.data).toEqual({ kind: 'approve', by: 'ann', reason: 'as agreed' });
  });

  it('comes again, with the new plan, when the world changed after the first', async () => {
    const rig = await asked();
    rig.world.set('web', 3);
    await act(rig, 'approve');
    await rig.clock.advance(5000);
    expect(kinds(rig)).toEqual(['approval-asked', 'approval-answered', 'approval-asked']);
    const again = rig.told.at(-1);
    expect(again).toMatchObject({ title: 'Slow: slow asks for approval of a new plan', changes: [{ from: '3', to: '4' }] });
    expect(again?.text).toContain('an answer to the plan before does not count');
  });

  it.each([
    ['denied', (rig: PipelineRig) => act(rig, 'deny'), ['approval-asked', 'approval-answered', 'run-denied']],
    ['cancelled', (rig: PipelineRig) => act(rig, 'cancel'), ['approval-asked', 'approval-expired']],
    ['resolved', (rig: PipelineRig) => rig.send([{ fingerprint: 'a1', status: 'resolved' }]), ['approval-asked', 'approval-expired']],
    ['expired', (rig: PipelineRig) => rig.clock.advance(600_000), ['approval-asked', 'approval-expired']],
  ])('is followed by the word that it is over: %s', async (_how, end, expected) => {
    const rig = await asked();
    await end(rig);
    await rig.untilEnded(700_000);
    expect(kinds(rig)).toEqual(expected);
  });

  it('is not sent for a question that is over', async () => {
    const rig = await rigWith({ rules: approving });
    const journal = rig.store.journal.bind(rig.store);
    rig.store.journal = () => Promise.resolve([]);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('awaiting-approval');
    await act(rig, 'cancel');
    await rig.untilEnded();
    rig.store.journal = journal;
    await rig.clock.advance(2000);
    expect(kinds(rig)).toEqual(['approval-expired']);
  });
});

describe('notices', () => {
  it('of a run that acts, in order, once', async () => {
    const rig = await rigWith();
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    expect(kinds(rig)).toEqual(['run-started', 'run-ended']);
    expect(rig.told[1]?.title).toBe('Slow: slow succeeded on kubernetes/default/shop/deployment.apps/web');
    expect(rig.told[1]?.text).toContain('    spec.replicas: 2 → 4');
    expect(new Set(rig.told.map(({ key }) => key)).size).toBe(2);
  });

  it.each([
    ['plan', ['run-planned']],
    ['observe', []],
  ])('of a rule in mode %s', async (mode, expected) => {
    const rig = await rigWith({ rules: rulesFile(slowRule({ mode })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    expect(kinds(rig)).toEqual(expected);
    for (const { text } of rig.told) expect(text).toContain('spec.replicas: 2 → 4');
  });

  it('of a pause and its end, which are about no run', async () => {
    const rig = await rigWith();
    await rig.store.addPause({ id: 'p1', scope: { kind: 'rule', name: 'slow' }, reason: 'migration', by: 'ann' });
    await rig.store.removePause('p1', 'bob');
    await rig.clock.advance(3000);
    expect(rig.told.map(({ kind, title, text }) => [kind, title, text])).toEqual([
      ['pause', 'paused: {"kind":"rule","name":"slow"} by ann', 'migration'],
      ['pause', 'resumed: "p1" by bob', ''],
    ]);
  });

  it('of what is taken back, as such', async () => {
    const ladder = '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }, undo: { when: resolved, after: 1m } }]';
    const rig = await rigWith({ rules: rulesFile(slowRule({ ladder })), notices: ['undo', 'run-ended'] });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(() => rig.told.length >= 3, 1_800_000);
    expect(rig.told.map(({ kind, title }) => [kind, title])).toEqual([
      ['run-ended', 'Slow: slow succeeded on kubernetes/default/shop/deployment.apps/web'],
      ['undo', 'Slow: undo of slow undoing on kubernetes/default/shop/deployment.apps/web'],
      ['undo', 'Slow: undo of slow succeeded on kubernetes/default/shop/deployment.apps/web'],
    ]);
    expect(rig.told[2]?.text).toContain('spec.replicas: 4 → 2');
  });

  it('only of what is wanted', async () => {
    const rig = await rigWith({ notices: ['run-ended'] });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    expect(kinds(rig)).toEqual(['run-ended']);
  });

  it('not of what happened long ago, while nobody was there to tell of it', async () => {
    const rig = await rigWith();
    const queue = rig.store.queueNotices.bind(rig.store);
    rig.store.queueNotices = () => Promise.resolve(false);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.clock.advance(3_700_000);
    rig.store.queueNotices = queue;
    await rig.clock.advance(5000);
    expect(kinds(rig)).toEqual([]);
  });

  it('hold no run up while their channel is away', async () => {
    const rig = await rigWith();
    rig.tellAway = true;
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilEnded()).phase).toBe('succeeded');
    rig.tellAway = false;
    await rig.clock.advance(300_000);
    expect(kinds(rig)).toEqual(['run-started', 'run-ended']);
  });

  it('are given up after a while, which the journal says, and those behind follow', async () => {
    const rig = await rigWith({ notices: ['run-started', 'run-ended'] });
    rig.tellAway = true;
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(async () => (await rig.journalTypes()).includes('notice-dropped'), 7_200_000);
    rig.tellAway = false;
    await rig.clock.advance(2000);
    expect(kinds(rig)).toEqual(['run-ended']);
  });

  it.each(['<!channel>\n*bold*\u0000', '${secrets.x}', '\u2028\u202e'])('draw no lines of their own from a label: %j', async (name) => {
    const rig = await rigWith({ notices: ['run-ended'], rules: rulesFile(slowRule()).replace('alertname="Slow"', 'job="x"') });
    await rig.send([{ fingerprint: 'a1', labels: { alertname: name, job: 'x' } }]);
    await rig.untilEnded();
    expect(rig.told[0]?.title).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect(rig.told[0]?.title).toContain(': slow succeeded on');
  });
});
