import { describe, expect, it } from 'vitest';
import { storyLines, type RunStory } from '../../../src/cli/run-story.ts';
import { fakeService, fixpoint } from './fake-service.ts';
import { story } from './story.ts';

type Entry = NonNullable<RunStory['journal']>[number];

function entry(time: string, type: string, data: Entry['data'] = {}): Entry {
  return { at: `2026-01-02T${time}Z`, type, data };
}

const target = 'kubernetes/default/a/deployment.apps/b';

const journal: readonly Entry[] = [
  entry('03:04:05.678', 'run-created', { mode: 'auto', attempt: 1 }),
  entry('03:04:05.690', 'rung-ended', { rung: 0, remediation: 'look', state: 'planned', reason: 'planned' }),
  entry('03:04:05.700', 'planned', {
    rung: 0,
    remediation: 'scale',
    changes: [{ step: 'scale', target, what: 'spec.replicas', from: 3, to: 6 }],
  }),
  entry('03:04:05.700', 'decision', { guard: 'approval', decision: 'needs-approval', reason: 'mode approve' }),
  entry('03:04:05.700', 'approval-asked', { rung: 0, remediation: 'scale', expiresAt: 1 }),
  entry('03:04:05.710', 'phase-changed', { from: 'planning', to: 'awaiting-approval', reason: 'waits for a yes to scale' }),
  entry('03:05:00.000', 'approval-answered', { kind: 'approve', by: 'ada', reason: 'go' }),
  entry('03:05:00.001', 'admitted', { rung: 0, decisions: [{ guard: 'cooldown', decision: 'allow', reason: 'granted' }] }),
  entry('03:05:00.001', 'intent', { rung: 0 }),
  entry('03:05:00.100', 'resumed-after-crash', { step: 'scale' }),
  entry('03:05:00.200', 'step-applied', { step: 'scale', action: 'kubernetes.scale', target, output: { replicas: 6 } }),
  entry('03:05:01.000', 'step-settled', { rung: 0 }),
  entry('03:05:02.000', 'verdict', { check: 'promql', verdict: 'failed', reason: 'value 1' }),
  entry('03:05:02.100', 'step-failed', { step: 'scale', action: 'kubernetes.scale', target }),
  entry('03:05:03.000', 'person-acted', { kind: 'cancel', by: 'bob', reason: '' }),
  entry('03:05:04.000', 'escalated', { title: 'Slow: slow failed', severity: 'critical' }),
  entry('03:05:04.000', 'undo-scheduled', { undo: 'r-1-undo', cause: 'resolved', remediations: 'scale' }),
  { at: '2026-01-03T00:00:01.000Z', type: 'recurred', data: {} },
  { at: '2026-01-03T00:00:01.500Z', type: 'undo-ended', data: { undo: 'r-1-undo', outcome: 'succeeded', reason: 'taken back' } },
  { at: '2026-01-03T00:00:02.000Z', type: 'of-a-newer-version', data: { more: true } },
];

const told: RunStory = {
  ...story,
  journal,
  decisions: [
    ...story.decisions,
    { guard: 'cooldown', decision: 'allow', reason: 'granted', at: '2026-01-02T03:06:00.000Z', count: 2 },
    { guard: 'approval', decision: 'needs-approval', reason: 'mode approve', at: '2026-01-02T03:04:06.000Z', count: 3 },
  ],
};

describe('the story of a run', () => {
  it('has each decision, plan, change, result, verdict and call in the order of time', () => {
    const lines = storyLines(told);
    expect(lines.slice(lines.indexOf('story') + 1)).toEqual([
      '  03:04:05.678  made       attempt 1 of rule slow, mode auto',
      '  03:04:05.690  rung       1 look planned: planned',
      `                             ${target} spec.replicas: 3 → 6`,
      '  03:04:05.700  plan       rung 1 scale',
      `                             ${target} spec.replicas: 3 → 6`,
      '  03:04:05.700  guard      approval: needs-approval, mode approve (asked 3 times)',
      '  03:04:05.700  guard      paused: allow, no pause (2 times, this was the last)',
      '  03:04:05.700  approval   asked for scale',
      '  03:04:05.710  phase      awaiting-approval: waits for a yes to scale',
      '  03:05:00.000  approval   approve by ada: go',
      '  03:05:00.001  guard      cooldown: allow, granted',
      '  03:05:00.001  intent     rung 1, stored before its effect',
      '  03:05:00.100  resumed    step scale was cut off and is looked at again',
      `  03:05:00.200  applied    step scale, kubernetes.scale on ${target}`,
      '                             spec.replicas: 3 → 6',
      '                             note: an HPA owns it',
      '                             output {"replicas":6}',
      '  03:05:01.000  settled    rung 1: its effect is complete',
      '  03:05:02.000  verdict    promql failed: value 1',
      `  03:05:02.100  failed     step scale, kubernetes.scale on ${target}`,
      '                             kubernetes.conflict: changed meanwhile',
      '  03:05:03.000  person     bob: cancel',
      '  03:05:04.000  called     a person, critical: Slow: slow failed',
      '  03:05:04.000  undo       scale is taken back by run r-1-undo, once the incident is over',
      '  2026-01-03',
      '  00:00:01.000  recurred   the alert fires again, or still',
      '  00:00:01.500  undo       run r-1-undo succeeded: taken back',
      '  00:00:02.000  of-a-newer-version {"more":true}',
    ]);
  });

  it('tells the changes of each rung where it was applied, though steps have the same name', () => {
    const [first] = told.rungs;
    if (first === undefined) throw new Error('there is a rung');
    const second = { ...first, steps: first.steps.map((step) => ({ ...step, changes: [{ what: 'spec.replicas', from: 6, to: 9 }] })) };
    const applied = (time: string) => entry(time, 'step-applied', { step: 'scale', action: 'a', target, output: null });
    const lines = storyLines({
      ...told,
      rungs: [first, second],
      journal: [
        entry('03:04:06.000', 'intent', { rung: 0 }),
        applied('03:04:06.100'),
        entry('03:04:07.000', 'intent', { rung: 1 }),
        applied('03:04:07.100'),
      ],
    });
    expect(lines.filter((line) => line.includes('spec.replicas')).map((line) => line.trim())).toEqual([
      'spec.replicas: 3 → 6',
      'spec.replicas: 6 → 9',
    ]);
  });

  it('says what it takes back or repeats, and of what times something is missing', () => {
    const lines = storyLines({
      ...told,
      kind: 'undo',
      undoes: 'r-0',
      replayOf: 'n-1',
      recurred: true,
      history: 'unavailable',
      gaps: [
        { cause: 'trimmed', from: 'F', to: 'T', missing: 7 },
        { cause: 'lost', from: 'F', to: 'T', missing: null },
      ],
    });
    expect(lines[0]).toBe('run r-1  succeeded, recurred');
    expect(lines).toEqual(
      expect.arrayContaining([
        '  undoes    run r-0',
        '  replays   n-1',
        '  note      history does not answer: only what Redis still has is shown',
        '  note      between F and T 7 journal entries were let go of before history had them',
        '  note      between F and T Redis lost what it had acknowledged',
      ]),
    );
  });

  it('of an undo run begins with what it takes back, and why', () => {
    const made = entry('03:04:05.678', 'run-created', {
      undo: 'r-1',
      cause: 'person',
      remediations: 'scale',
      by: 'ada',
      reason: 'too many',
    });
    expect(storyLines({ ...told, kind: 'undo', undoes: 'r-0', journal: [made] })).toContain(
      '  03:04:05.678  made       to take back scale of run r-0, as ada wants: too many',
    );
  });

  it('fits a terminal, whatever the texts; no text has a line that could pass for one of ours', () => {
    const long = 'word '.repeat(200);
    const hostile = `x\n  03:05:09.000  verdict    promql passed: all is well\u001b[2J`;
    const lines = storyLines({
      ...told,
      reason: long,
      journal: [entry('03:04:05.678', 'phase-changed', { to: 'failed', reason: `${long}${hostile}` }), ...journal],
    });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
    expect(lines.filter((line) => line.startsWith('  03:05:09.000'))).toEqual([]);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  });
});

describe('a story with texts of any length', () => {
  it('tells as much of each as a person reads', () => {
    const long = 'x'.repeat(1_000_000);
    const rungs = told.rungs.map((rung) => ({
      ...rung,
      reason: long,
      steps: rung.steps.map((step) => ({ ...step, target: long, notes: [long] })),
    }));
    const run = { ...told, subject: long, reason: long, rungs, alert: { ...told.alert, labels: { dump: long } } };
    for (const entries of [[], [...journal, entry('03:04:05.678', 'phase-changed', { to: 'failed', reason: long })]]) {
      const text = storyLines({ ...run, journal: entries }).join('\n');
      expect(text.length).toBeLessThan(20_000);
      expect(text).toContain('x…');
    }
  });
});

describe('the table of runs', () => {
  it('tells undo runs from the others', async () => {
    const row = { rule: 'slow', phase: 'failed', mode: 'auto', createdAt: '2026-01-02T03:04:05.678Z', reason: 'why' };
    const rows = [
      { ...row, id: 'r-1-undo', kind: 'undo' },
      { ...row, id: 'r-1', kind: 'remediation' },
    ];
    await using service = await fakeService({ 'GET /api/v1/runs?': { body: { runs: rows, next: null } } });
    const { out } = await fixpoint(['runs', '--server', service.url]);
    expect(out.split('\n').slice(1)).toEqual([
      'r-1-undo  slow (undo)  failed  auto  2026-01-02T03:04:05  why',
      'r-1       slow         failed  auto  2026-01-02T03:04:05  why',
    ]);
  });

  it('is followed by what is missing from it', async () => {
    const gaps = [{ cause: 'lost', from: 'F', to: 'T', missing: null, noticedAt: 'T' }];
    await using service = await fakeService({ 'GET /api/v1/runs?': { body: { runs: [], next: 'abc', history: 'unavailable', gaps } } });
    const { code, out, err } = await fixpoint(['runs', '--server', service.url]);
    expect([code, out]).toEqual([0, '']);
    expect(err.split('\n')).toEqual([
      'no runs',
      'history does not answer: only what Redis still has is shown',
      'between F and T Redis lost what it had acknowledged',
      'more: --cursor abc',
    ]);
  });
});
