import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fakeService, fixpoint, type Answer } from './fake-service.ts';
import { story } from './story.ts';

const pause = { id: 'p1', scope: { kind: 'rule', name: 'slow' }, reason: 'migration', by: 'ada', at: '', until: null };
const local = {
  id: 'local',
  process: 'host-1',
  reason: 'paused by the file /data/PAUSED',
  end: 'remove it',
  since: '2026-01-02T03:04:05.000Z',
};
const row = { id: 'r-1', rule: 'slow', phase: 'failed', mode: 'auto', createdAt: '2026-01-02T03:04:05.678Z', reason: 'no better' };
const explained = {
  alerts: [
    {
      fingerprint: 'abc',
      rules: [
        {
          rule: 'slow',
          matched: true,
          reason: 'all match',
          subject: 'http/a:1',
          decisions: [{ guard: 'paused', decision: 'allow', reason: 'no' }],
        },
        { rule: 'other', matched: false, reason: 'alertname is not Other' },
        ...['b', 'c', 'd'].map((rule) => ({ rule, matched: false, reason: 'not looked at: rule slow matches' })),
      ],
    },
  ],
};

interface Case {
  readonly args: readonly string[];
  readonly ask: string;
  readonly body?: unknown;
  readonly answer: Answer;
  readonly out: string;
}

const cases: readonly Case[] = [
  ...(['approve', 'deny', 'cancel', 'acknowledge'] as const).map((name) => ({
    args: [name, 'r/1', '--reason', 'seen'],
    ask: `POST /api/v1/runs/r%2F1/${name}`,
    body: { reason: 'seen' },
    answer: { body: { id: 'r/1' } },
    out: `run r/1: ${{ approve: 'approved', deny: 'denied', cancel: 'asked to stop', acknowledge: 'acknowledged' }[name]}`,
  })),
  { args: ['runs', 'r-1'], ask: 'GET /api/v1/runs/r-1', answer: { body: story }, out: 'run r-1  succeeded' },
  {
    args: ['runs', '--phase', 'failed', '--limit', '1'],
    ask: 'GET /api/v1/runs?phase=failed&limit=1',
    answer: { body: { runs: [row], next: null } },
    out: 'r-1  slow  failed  auto  2026-01-02T03:04:05  no better',
  },
  {
    args: ['pause', '--rule', 'slow', '--reason', 'migration', '--until', '2h'],
    ask: 'POST /api/v1/pauses',
    body: { scope: { kind: 'rule', name: 'slow' }, reason: 'migration', until: '2h' },
    answer: { status: 201, body: pause },
    out: 'paused; end it with: fixpoint resume p1',
  },
  {
    args: ['pause', '--reason', 'all'],
    ask: 'POST /api/v1/pauses',
    body: { scope: { kind: 'global' }, reason: 'all' },
    answer: { status: 201, body: pause },
    out: 'paused; end it with: fixpoint resume p1',
  },
  {
    args: ['pause', '--source', 'east', '--reason', 'x', '--force'],
    ask: 'POST /api/v1/pauses',
    body: { scope: { kind: 'source', name: 'east' }, reason: 'x', force: true },
    answer: { status: 201, body: { ...pause, until: '2026-01-02T05:04:05.000Z' } },
    out: 'paused until 2026-01-02T05:04:05.000Z; end it with: fixpoint resume p1',
  },
  { args: ['resume', 'p1'], ask: 'DELETE /api/v1/pauses/p1', answer: { body: '' }, out: 'pause p1 ended' },
  { args: ['resume'], ask: 'GET /api/v1/pauses', answer: { body: { pauses: [pause] } }, out: 'p1  rule slow  ada: migration' },
  {
    args: ['resume'],
    ask: 'GET /api/v1/pauses',
    answer: { body: { pauses: [{ ...pause, until: '2026-01-02T05:04:05.000Z' }], local: null } },
    out: 'p1  rule slow  ada: migration (until 2026-01-02T05:04:05.000Z)',
  },
  { args: ['resume'], ask: 'GET /api/v1/pauses', answer: { body: { pauses: [] } }, out: 'nothing is paused' },
  {
    args: ['resume'],
    ask: 'GET /api/v1/pauses',
    answer: { body: { pauses: [], local } },
    out: 'local  everything at process host-1  paused by the file /data/PAUSED (since 2026-01-02T03:04:05.000Z); to end it, remove it',
  },
  {
    args: ['restore', 'slow', '--reason', 'mended'],
    ask: 'POST /api/v1/rules/slow/restore',
    body: { reason: 'mended' },
    answer: { body: { rule: 'slow' } },
    out: 'rule slow acts in its own mode again',
  },
  {
    args: ['replay', 'r-1', '--real', '--reason', 'again'],
    ask: 'POST /api/v1/replay',
    body: { run: 'r-1', mode: 'real', reason: 'again' },
    answer: { status: 202, body: { notification: 'n', runs: ['r-2'] } },
    out: 'r-2',
  },
  {
    args: ['replay', 'notification'],
    ask: 'POST /api/v1/replay',
    body: { notification: 'notification', mode: 'plan' },
    answer: { status: 202, body: { notification: 'n', runs: [] } },
    out: 'no rule matches',
  },
];

describe('a command that asks the service', () => {
  it.each(cases)('$args', async ({ args, ask, body, answer, out }) => {
    await using service = await fakeService({ [ask]: answer });
    const ran = await fixpoint([...args, '--server', `${service.url}/`]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain(out);
    expect(service.asked).toEqual([expect.objectContaining({ body })]);
  });

  it.each(cases)('$args, as JSON', async ({ args, ask, answer }) => {
    await using service = await fakeService({ [ask]: answer });
    const ran = await fixpoint([...args, '--output', 'json'], { FIXPOINT_SERVER: service.url });
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ran.out)).toEqual(answer.body === '' ? { id: 'p1' } : answer.body);
  });

  it('explain and replay send a file', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'alert.json');
    writeFileSync(file, '{"version":"4","alerts":[]}');
    await using service = await fakeService({
      'POST /api/v1/explain?source=a%20b': { body: explained },
      'POST /api/v1/replay': { body: { notification: 'n', runs: ['r-2', 'r-3'] } },
    });
    const answer = await fixpoint(['explain', file, '--source', 'a b', '--server', service.url]);
    expect(answer.out.split('\n')).toEqual([
      'alert abc',
      '  ✓ slow: all match → http/a:1',
      '      paused: allow, no',
      '  · other: alertname is not Other',
      '  · 3 further rules: not looked at: rule slow matches',
    ]);
    expect((await fixpoint(['replay', file, '--server', service.url])).out).toBe('r-2\nr-3');
    expect(service.asked.map(({ body }) => body)).toEqual([
      { version: '4', alerts: [] },
      { webhook: { version: '4', alerts: [] }, mode: 'plan' },
    ]);
  });

  it('approvals lists what waits, with the changes and how to answer', async () => {
    const waiting = { ...story, phase: 'awaiting-approval', approval: { expiresAt: '2026-01-02T04:04:05.000Z', answer: null } };
    await using service = await fakeService({
      'GET /api/v1/runs?phase=awaiting-approval&limit=50': { body: { runs: [{ id: 'r-1' }, { id: 'r-2' }], next: null } },
      'GET /api/v1/runs/r-1': { body: waiting },
      'GET /api/v1/runs/r-2': { body: { ...story, id: 'r-2' } },
    });
    const { out, err } = await fixpoint(['approvals', '--server', service.url]);
    expect(err).toBe('');
    expect(out.split('\n')).toEqual([
      'r-1  slow on http/a:1',
      '  expires 2026-01-02T04:04:05.000Z',
      '  rung 1  scale (auto) succeeded: it helped',
      '    step scale  kubernetes.scale on kubernetes/default/a/deployment.apps/b settled at 2026-01-02T03:04:06.000Z',
      '      spec.replicas: 3 → 6',
      '      note: an HPA owns it',
      '      output {"replicas":6}',
      '      error kubernetes.conflict: changed meanwhile',
      '    check promql: passed, value 0.1',
      '  fixpoint approve r-1 --reason "…"',
      '  fixpoint deny r-1 --reason "…"',
    ]);
    const json = await fixpoint(['approvals', '--server', service.url, '--output', 'json']);
    expect(JSON.parse(json.out)).toEqual({ runs: [waiting] });
  });

  it('approvals says when nothing waits', async () => {
    await using service = await fakeService({ 'GET /api/v1/runs?phase=awaiting-approval&limit=50': { body: { runs: [], next: null } } });
    expect(await fixpoint(['approvals', '--server', service.url])).toMatchObject({ code: 0, out: '', err: 'nothing waits for approval' });
  });

  it('the story of a run says who approved', async () => {
    const answer = { approved: true, by: 'ann', reason: 'looks right', at: '2026-01-02T03:05:00.000Z' };
    await using service = await fakeService({
      'GET /api/v1/runs/r-1': { body: { ...story, approval: { expiresAt: '', answer } } },
    });
    const { out } = await fixpoint(['runs', 'r-1', '--server', service.url]);
    expect(out).toContain('  approval  approved by ann at 2026-01-02T03:05:00.000Z: looks right');
  });

  it('a pause that nothing known is in is told, beside the answer', async () => {
    const note = 'no rule names namespace guardrail-platform; did you mean guardrails-platform?';
    await using service = await fakeService({ 'POST /api/v1/pauses': { status: 201, body: { ...pause, note } } });
    const args = ['pause', '--namespace', 'guardrail-platform', '--reason', 'x', '--server', service.url];
    expect(await fixpoint(args)).toEqual({
      code: 0,
      out: 'paused; end it with: fixpoint resume p1',
      err: `it may hold up nothing: ${note}`,
    });
    const json = await fixpoint([...args, '--output=json']);
    expect([JSON.parse(json.out), json.err]).toEqual([{ ...pause, note }, '']);
  });

  it('presents FIXPOINT_TOKEN', async () => {
    await using service = await fakeService({ 'GET /api/v1/pauses': { body: { pauses: [] } } });
    await fixpoint(['resume', '--server', service.url], { FIXPOINT_TOKEN: 'hush\n' });
    expect(service.asked[0]?.authorization).toBe('Bearer hush');
  });

  it('says where the list goes on', async () => {
    await using service = await fakeService({ 'GET /api/v1/runs?': { body: { runs: [row], next: 'c1' } } });
    expect((await fixpoint(['runs', '--server', service.url])).err).toBe('more: --cursor c1');
  });
});

describe('a refusal', () => {
  it.each([
    [409, { code: 'run.conflict', detail: 'it does not wait' }, 'run.conflict', 'it does not wait'],
    [503, { code: 'store.unavailable', title: 'Redis cannot be reached' }, 'store.unavailable', 'Redis cannot be reached'],
    [
      401,
      { code: 'auth.missing', detail: 'send a credential' },
      'auth.missing',
      'send a credential; FIXPOINT_TOKEN holds the token to present',
    ],
    [422, { code: 'of.tomorrow', detail: 'new' }, 'request.malformed', 'new'],
    [502, '<html>bad gateway</html>', 'overloaded', 'the answer is HTTP 502'],
    [500, '', 'internal', 'the answer is HTTP 500'],
    [404, 'nginx', 'not-found', 'the answer is HTTP 404'],
    [200, '<html>another program</html>', 'not-found', 'is not Fixpoint; --server names another'],
  ] as const)('%j keeps its code', async (...refusal) => {
    const [status, body, code, detail] = refusal;
    await using service = await fakeService({ 'GET /api/v1/pauses': { status, body } });
    const text = await fixpoint(['resume', '--server', service.url]);
    expect([text.code, text.out]).toEqual([1, '']);
    expect(text.err).toContain(`${detail} (${code})`);
    const json = await fixpoint(['resume', '--server', service.url, '--output=json']);
    expect(json).toMatchObject({ code: 1, out: '' });
    expect(JSON.parse(json.err)).toMatchObject({ code, detail: expect.stringContaining(detail) as string, retryable: status >= 502 });
  });

  it('by nobody says how to name another server', async () => {
    const service = await fakeService({});
    await service[Symbol.asyncDispose]();
    const { code, err } = await fixpoint(['runs', '--server', service.url]);
    expect(code).toBe(1);
    expect(err).toContain(`no answer from ${service.url}`);
    expect(err).toContain('is Fixpoint running there? --server names another (timeout)');
  });
});
